// The shared suite in workerd with all that it has of Node.js.

import { describeWorkerd } from './workerd.ts'

describeWorkerd('workerd with nodejs_compat', 'worker-nodejs-compat.toml', 'object')
