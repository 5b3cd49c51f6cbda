// @ts-check
// The servers as a Worker.

import { fetch } from './subject.mjs'

export default { fetch }
