// Next.js is told of an item to prerender.

import { withCaracal } from 'caracal-edge'
import { options } from '../../../options.ts'

interface RouteContext {
  readonly params: Promise<{ readonly id: string }>
}

export const generateStaticParams = () => [{ id: '1' }]

export const GET = withCaracal(
  async (_request: Request, { caracal }, { params }: RouteContext) =>
    Response.json({ id: (await params).id, actor: caracal.sub }),
  options,
)
