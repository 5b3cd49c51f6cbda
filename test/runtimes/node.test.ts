// The shared suite on Node.

import { describeRuntime } from './describe-runtime.ts'

describeRuntime({
  name: 'Node',
  missing: undefined,
  command: () => 'node test/runtimes/subject/node.mjs',
  platform: [['incoming']],
  answersItself: { '/admin\\x': 400, '/public\\..\\admin': 400 },
  isDuplex: true,
  opensSockets: true,
  refusedSocketIs: 'answered',
})
