// The package as users get it: packed, installed into an empty project, run and type-checked there.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { builtPackage, TSC } from './support/build.ts'
import { ROOT, runNode, runNpm } from './support/run.ts'

const built = builtPackage()
let project = ''

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'caracal-edge-project-'))
  await write('package.json', { name: 'project', private: true, type: 'module' })
  const args = ['install', built().tarball, '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts']
  await runNpm(args, project, 180_000)
}, 200_000)

afterAll(async () => {
  if (project !== '') await rm(project, { recursive: true, force: true })
}, 30_000)

async function write(file: string, content: string | object): Promise<void> {
  await writeFile(join(project, file), typeof content === 'string' ? content : JSON.stringify(content))
}

test('contains what was built, the page of dev and the documents, and nothing else', () => {
  const places = new Set(built().files.map((file) => file.replace(/\/.*/, '/')))
  expect([...places].sort()).toEqual([
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'cli/',
    'dist/',
    'docs/',
    'package.json',
  ])
  const page = built().files.filter((file) => file.startsWith('cli/'))
  expect(page).toEqual(['cli/page/index.html', 'cli/page/page.css'])
  const others = built().files.filter((file) => /^dist\/(?!.*(\.js|\.d\.ts)$)/.test(file))
  expect(others).toEqual([
    'dist/lab/end-with-parent.mjs',
    'dist/lab/redis-server.mjs',
    'dist/lab/resp.mjs',
    'dist/lab/upstash-protocol.mjs',
  ])
})

const PROGRAM = `
import { createMandateVerifier, InMemoryRevocationStore, mandateOf, withCaracal } from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { UpstashRevocationStore } from 'caracal-edge/upstash'

const issuer = createTestIssuer()
const guarded = withCaracal(
  (request, { caracal }) => Response.json({ sub: caracal.sub, same: mandateOf(request) === caracal }),
  { ...issuer.options, requiredScopes: ['read'] },
)
const ask = (mandate) => {
  const headers = mandate === undefined ? {} : { authorization: 'Bearer ' + mandate }
  return guarded(new Request('https://api.test/', { headers }))
}

const mandate = await issuer.mint({ claims: { sub: 'user-7' } })
const admitted = await ask(mandate)
const answers = [admitted.status, await admitted.json()]
answers.push((await ask()).status, (await ask(await issuer.mint({ scopes: ['write'] }))).status)
answers.push((await ask(await issuer.mint({ key: 'forged' }))).status)
await issuer.revoke(mandate)
const revoked = await ask(mandate)
answers.push(revoked.status, (await revoked.json()).error)

const decision = await createMandateVerifier(issuer.options).authorizeToken(await issuer.mint())
const store = new UpstashRevocationStore({ url: 'https://redis.test', token: 'token' })
answers.push(decision.outcome, typeof store.lookup, issuer.revocations instanceof InMemoryRevocationStore)
console.log(JSON.stringify(answers))
`

test('runs in a project', async () => {
  await write('program.js', PROGRAM)
  const answers: unknown = JSON.parse(await runNode(['program.js'], project))
  expect(answers).toEqual([
    ...[200, { sub: 'user-7', same: true }],
    ...[401, 403, 401],
    ...[401, 'session_revoked'],
    ...['admit', 'function', true],
  ])
})

const CONSUMER = `
import { InMemoryRevocationStore, withCaracal } from 'caracal-edge'
import type { Decision, Mandate, RevocationStore } from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { UpstashRevocationStore } from 'caracal-edge/upstash'

interface Env {
  readonly UPSTASH_REDIS_REST_URL: string
  readonly UPSTASH_REDIS_REST_TOKEN: string
}

const revocations: RevocationStore = new InMemoryRevocationStore()
const actor = (mandate: Mandate): string => mandate.sub

export default {
  fetch: withCaracal((_request, { caracal }) => Response.json(actor(caracal)), (env: Env) => ({
    audience: 'resource://api',
    revocations: UpstashRevocationStore.fromEnv(env),
  })),
}
export const open = withCaracal((_request, { caracal }) => Response.json(caracal?.sub), {
  revocations,
  exclude: ['/healthz'],
})
const options = { revocations, exclude: ['/healthz'] }
// @ts-expect-error possibly undefined, which shows that the types exist and are not any
export const wrong = withCaracal((_request, { caracal }) => Response.json(caracal.sub), options)
export const minted: Promise<string> = createTestIssuer().mint({ scopes: ['read'] })
export const allowed = (decision: Decision): boolean => decision.outcome !== 'deny'
`

const WEB = { lib: ['ES2022', 'DOM', 'DOM.Iterable'], types: [] }

test.each([
  ['NodeNext', { module: 'NodeNext', moduleResolution: 'NodeNext', ...WEB }],
  ['Bundler', { module: 'ESNext', moduleResolution: 'Bundler', ...WEB }],
  ['a Worker', { module: 'ESNext', moduleResolution: 'Bundler', lib: ['ES2022', 'WebWorker'], types: [] }],
  ['Node.js without DOM', { module: 'NodeNext', lib: ['ES2022'], types: ['node'] }],
])(
  'type-checks where it is installed, for %s',
  async (_name, options) => {
    await write('consumer.ts', CONSUMER)
    await write('tsconfig.json', {
      compilerOptions: {
        target: 'ES2022',
        strict: true,
        noEmit: true,
        skipLibCheck: false,
        typeRoots: [join(ROOT, 'node_modules/@types')],
        ...options,
      },
      files: ['consumer.ts'],
    })
    expect(await runNode([TSC, '-p', '.', '--pretty', 'false'], project)).toBe('')
  },
  60_000,
)
