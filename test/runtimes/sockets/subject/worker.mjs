// @ts-nocheck
// The subject as a Worker.

import { env } from 'cloudflare:workers'
import { subject } from './subject.mjs'

export default { fetch: subject(env.TRUSTED) }
