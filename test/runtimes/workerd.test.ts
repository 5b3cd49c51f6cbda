// The shared suite in workerd without anything of Node.js.

import { describeWorkerd } from './workerd.ts'

describeWorkerd('workerd', 'worker.toml', 'undefined')
