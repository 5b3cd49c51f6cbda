// What is taken for `dev`, and what is not.

import { createServer } from 'node:http'
import { afterEach, expect, test, vi } from 'vitest'
import { askDev } from '../../cli/dev-client.ts'
import { Failure, UsageError } from '../../cli/failures.ts'
import { run } from '../../cli/run.ts'

// It lies beside what is built, not beside the sources.
vi.mock('../../cli/version.ts', () => ({ VERSION: '0.0.0' }))

afterEach(() => {
  vi.unstubAllEnvs()
})

interface Answer {
  readonly status: number
  readonly body: string
}

/** Asks a server with these answers at `/dev` and at everything else. Gives what came of it, and what it was sent. */
async function asked(
  dev: Answer,
  rest: Answer,
  ask: () => Promise<unknown> = () => askDev('/dev/revoke', { anchor: 'sid-1' }),
) {
  const paths: string[] = []
  const server = createServer((request, response) => {
    paths.push(`${request.method} ${request.url}`)
    const { status, body } = request.url === '/dev' ? dev : rest
    response.writeHead(status).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const url = `http://127.0.0.1:${address instanceof Object ? address.port : 0}`
  vi.stubEnv('CARACAL_STS_URL', `${url}/`)
  vi.stubEnv('CARACAL_ZONE_ID', 'z')
  vi.stubEnv('UPSTASH_REDIS_REST_URL', `${url}/redis`)
  const outcome: unknown = await ask().catch((error: unknown) => error)
  server.closeAllConnections()
  server.close()
  return { outcome, paths }
}

const DEV = { status: 200, body: '{"name":"caracal-edge dev"}' }
const DONE = { status: 200, body: '{"revoked":"sid-1"}' }

test('dev is asked, and its answer given', async () => {
  const { outcome, paths } = await asked(DEV, DONE)
  expect(outcome).toEqual({ revoked: 'sid-1' })
  expect(paths).toEqual(['GET /dev', 'POST /dev/revoke'])
})

test.each([
  ['that answers 200 to anything', { status: 200, body: '{"revoked":"sid-1"}' }, /is no caracal-edge dev/],
  ['that has another name', { status: 200, body: '{"name":"another dev"}' }, /is no caracal-edge dev/],
  ['that has its name in an error', { status: 404, body: DEV.body }, /is no caracal-edge dev/],
  ['that does not know the path', { status: 404, body: '{}' }, /is no caracal-edge dev \(it answers 404\)/],
  ['that leads elsewhere', { status: 302, body: '' }, /is no caracal-edge dev \(it answers 302\)/],
  ['that is down', { status: 503, body: 'down' }, /answers 503, so that it cannot be known/],
])('a server %s is sent no id', async (_title, dev, said) => {
  const { outcome, paths } = await asked(dev, DONE)
  expect(outcome).toBeInstanceOf(Failure)
  expect(outcome).toMatchObject({ message: expect.stringMatching(said) })
  expect(paths).toEqual(['GET /dev'])
})

test.each([
  [500, '{"error":"its Redis is gone"}', Failure, /the dev at .* answers 500: its Redis is gone/],
  [500, 'no JSON', Failure, /the dev at .* answers 500: no JSON/],
  [403, '{"error":"another origin"}', Failure, /answers 403: another origin/],
  [404, '{"error":"no such zone"}', UsageError, /answers 404: no such zone/],
  [200, 'no JSON', Failure, /answers 200: no JSON/],
])('dev that answers %i with %s has failed, and is dev', async (status, body, kind, said) => {
  const { outcome } = await asked(DEV, { status, body })
  expect(outcome).toBeInstanceOf(kind)
  expect(outcome).toMatchObject({ message: expect.stringMatching(said) })
})

test.each(['mint', 'revoke sid-2', 'epoch', 'rotate'])(
  '%s that dev does not confirm has failed',
  async (line) => {
    const written: string[] = []
    for (const stream of ['stdout', 'stderr'] as const)
      vi.spyOn(process[stream], 'write').mockImplementation((text) => written.push(String(text)) > 0)
    const { outcome } = await asked(DEV, DONE, () => run(line.split(' ')))
    vi.restoreAllMocks()
    expect([outcome, written]).toEqual([
      1,
      [expect.stringMatching(/^caracal-edge: dev (did not say|answered without)/)],
    ])
  },
)

test.each([
  ['revoke sid-2', { revoked: 'sid-2' }],
  ['revoke sid-2', { revoked: 'sid-2', zone: 'other' }],
  ['epoch', { epoch: 7, zone: 'other' }],
  ['epoch', { epoch: -5, zone: 'z' }],
  ['epoch', { epoch: '7', zone: 'z' }],
  ['epoch 7', { epoch: 6, zone: 'z' }],
  ['epoch 7', { epoch: 7.5, zone: 'z' }],
  ['rotate', { rotated: true, zone: 'other' }],
  ['rotate', { rotated: false, zone: 'z' }],
  ['mint', { mandate: 'eyJh.eyJz.c2ln' }],
  ['mint', { mandate: 'eyJh.eyJz.c2ln', zone: 'other' }],
  ['mint', { mandate: 'a-key', zone: 'z' }],
  ['mint', { mandate: ['eyJh.eyJz.c2ln'], zone: 'z' }],
])('%s that dev confirms with %j has failed', async (line, body) => {
  vi.spyOn(process.stdout, 'write').mockImplementation(() => true)
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true)
  const { outcome } = await asked(DEV, { status: 200, body: JSON.stringify(body) }, () =>
    run(line.split(' ')),
  )
  expect(process.stdout.write).not.toHaveBeenCalled()
  vi.restoreAllMocks()
  expect(outcome).toBe(1)
})

test.each([
  [['rotate'], { rotated: true, zone: 'a\n# b', more: 1 }, 'a # b signs with a new key\n'],
  [['rotate', '--json'], { rotated: true, zone: 'a', more: 1 }, '{"rotated":true,"zone":"a"}\n'],
  [
    ['epoch', '--zone', 'a', '--json'],
    { epoch: 7, zone: 'a', more: 1 },
    '{"epoch":7,"zone":"a","at":"dev"}\n',
  ],
  [
    ['mint', '--json'],
    { mandate: 'eyJh.eyJz.c2ln', zone: 'a', more: 1 },
    '{"mandate":"eyJh.eyJz.c2ln","zone":"a"}\n',
  ],
])('of what dev answers to %j, only what was asked for is printed', async (args, body, printed) => {
  const written: string[] = []
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0)
  const { outcome } = await asked(DEV, { status: 200, body: JSON.stringify(body) }, () => {
    vi.stubEnv('CARACAL_ZONE_ID', '')
    return run(args)
  })
  vi.restoreAllMocks()
  expect([outcome, written]).toEqual([0, [printed]])
})
