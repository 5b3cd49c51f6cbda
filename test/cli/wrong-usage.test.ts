// Wrong usage and wrong variables, in this process: usage.ts has some of each as users meet them.

import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { anchorsIn } from '../../cli/input.ts'
import { run } from '../../cli/run.ts'

// It lies beside what is built, not beside the sources.
vi.mock('../../cli/version.ts', () => ({ VERSION: '0.0.0' }))

const NAMES = /^(CARACAL|UPSTASH|KV|REDIS|STREAMS)_/

beforeEach(() => {
  for (const name of Object.keys(process.env).filter((one) => NAMES.test(one))) vi.stubEnv(name, undefined)
})
afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

const URL = 'UPSTASH_REDIS_REST_URL'
const TOKEN = 'UPSTASH_REDIS_REST_TOKEN'

test.each<readonly [line: string, { readonly [name: string]: string }, RegExp]>([
  ['sync --dead-letters --follow', {}, /--dead-letters makes no pass, so that --follow/],
  ['sync --dead-letters 5 --give-up trimmed', {}, /--give-up would have no effect/],
  ['sync --loss-hold-ms 9000 --dead-letters', {}, /--loss-hold-ms would have no effect/],
  ['mint --audience=', {}, /--audience.*must not be empty/],
  ['mint --zone=', {}, /--zone.*must not be empty/],
  ['rotate --zone=', {}, /--zone.*must not be empty/],
  ['eyJ0eXAi.eyJzaWQi.s3cret', {}, /: unknown command\nRun it with --help/],
  ['s3cret', {}, /: unknown command\n/],
  ['mint --s3cret', {}, /: unknown option\n/],
  ['mint --token=s3cret', {}, /: unknown option '--token'\n/],
  ['mint --audence s3cret', {}, /: unknown option '--audence'\n.*Did you mean --audience/],
  ['mint -ps3cret', {}, /: unknown option\n/],
  ["mint --hops s3cret'is", {}, /option '--hops <number>' does not take this value. It must be a whole/],
  ['mint --use s3cret', {}, /Allowed choices are resource, session, gateway/],
  ['sync --give-up s3cret', {}, /Allowed choices are trimmed/],
  ['epoch s3cret', {}, /the argument 'number' is wrong. It must be a whole number/],
  ['revoke sid-\u200b1', {}, /no single id/],
  ['--json mint', {}, /unknown option '--json'\nOptions come after the command/],
  ['explain Bearer a', {}, /too many arguments.*\nPass the mandate on standard input with -/],
  ['revoke - -', {}, /- can be given once/],
  ['revoke --zone z a', { REDIS_URL: 'redis://localhost' }, /--zone is for dev/],
  ['mint', { CARACAL_STS_URL: 'http://u:s3cret@localhost' }, /without user, password/],
  ['mint', { CARACAL_STS_URL: 'http://localhost/?s3cret' }, /without user, password, query/],
  ['sync', { REDIS_URL: 'redis://s3cret%b@host' }, /REDIS_URL\) must be URL-encoded/],
  ['sync', { [URL]: 'https://db.test' }, /REST_TOKEN is not set: set it to what/],
  ['sync', { [TOKEN]: 's3cret' }, /REST_URL is not set: set it to what/],
  ['sync', { [URL]: 'http://db.test', [TOKEN]: 's3cret' }, /^caracal-edge: UPSTASH_REDIS_REST_URL must be/],
])('%s with %j ends with 2', async (line, variables, said) => {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value)
  const written = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      written[stream] += String(text)
      return true
    })
  }
  const code = await run(line.split(' '))
  vi.restoreAllMocks()
  expect([code, written.stdout]).toEqual([2, ''])
  expect(written.stderr).toMatch(said)
  expect(written.stderr).not.toMatch(/s3cret|eyJ|\n\s+at /)
})

test('an id is not searched for a mandate without end', async () => {
  const started = performance.now()
  await expect(anchorsIn(['eyJ'.repeat(43_000)])).rejects.toThrow(/an id is longer than any mandate/)
  expect(await anchorsIn(['eyJ'.repeat(10_922)])).toHaveLength(1)
  for (const text of ['eyJh.eyJz.c2ln', 'a.xeyJh.eyJz.c2ln', 'token=eyJh.b.'])
    await expect(anchorsIn([text])).rejects.toThrow(/a mandate is a secret/)
  // The first alone took half a minute.
  expect(performance.now() - started).toBeLessThan(5_000)
})
