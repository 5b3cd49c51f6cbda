// An app of Hono.

import { type CaracalEnv, caracal } from 'caracal-edge/hono'
import { Hono } from 'hono'
import { options } from '../../options.ts'

const app = new Hono<CaracalEnv>()
  .use(caracal(options))
  .get('/hono', (c) => c.json({ actor: c.var.caracal.sub }))

export const GET = (request: Request) => app.fetch(request)
