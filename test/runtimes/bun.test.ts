// The shared suite on Bun.

import { describeRuntime } from './describe-runtime.ts'
import { missingUnless } from './runtime.ts'

const BUN = 'node_modules/.bin/bun'

describeRuntime({
  name: 'Bun',
  missing: missingUnless(BUN),
  command: () => `${BUN} test/runtimes/subject/bun.mjs`,
  platform: [['requestIP']],
  answersItself: {},
  isDuplex: true,
  opensSockets: true,
  refusedSocketIs: 'closed',
})
