// workerd as a runtime of the shared suite, with what is asked of it alone.

import { expect, test } from 'vitest'
import { describeRuntime } from './describe-runtime.ts'
import { freshIsolates } from './suite/fresh-isolates.ts'

/** @param typeofProcess what `typeof process` is to a Worker with this configuration */
export function describeWorkerd(name: string, config: string, typeofProcess: string): void {
  describeRuntime(
    {
      name,
      missing: undefined,
      command: () => `node test/runtimes/start-workerd.mjs ${config}`,
      platform: [['CARACAL_STS_URL'], ['waitUntil']],
      answersItself: {},
      isDuplex: true,
      missesSilentLeaving: true,
      opensSockets: true,
      refusedSocketIs: 'closed',
    },
    (at) => {
      freshIsolates(at)
      test(`typeof process is '${typeofProcess}'`, async () => {
        expect((await at.askWell()).json.process).toBe(typeofProcess)
      })
    },
  )
}
