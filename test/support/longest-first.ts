// The order of the test files: those that take longest come first, so that no worker is left with one at the end.

import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files that take half a minute and more. Without a cache, as in CI, vitest goes by their sizes. */
const LONG = [
  ...['cli/command-line', 'examples/examples', 'fuzz/stream-losses', 'redis/replica', 'redis/failover'],
  ...[
    'core/node/many-streams',
    'examples/demo',
    'examples/page-programs',
    'package/tarball',
    'package/scale',
    'package/exports',
  ],
  ...['runtimes/next', 'runtimes/redis-clients', 'runtimes/workerd', 'runtimes/workerd-nodejs-compat'],
].map((name) => `/test/${name}.test.ts`)

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) => LONG.some((name) => moduleId.endsWith(name))
    const sorted = await super.sort(files)
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))]
  }
}
