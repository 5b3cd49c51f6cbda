// The package as users get it: packed, installed into an empty project, run and type-checked there.

import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, posix } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { builtPackage, TSC } from './support/build.ts'
import { linksOf } from './support/links.ts'
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
    'CONTRIBUTING.md',
    'LICENSE',
    'README.md',
    'SECURITY.md',
    'cli/',
    'dist/',
    'docs/',
    'examples/',
    'llms.txt',
    'package.json',
  ])
  const page = built().files.filter((file) => file.startsWith('cli/'))
  expect(page).toEqual(['cli/page/index.html', 'cli/page/page.css'])
  expect(built().files.filter((file) => /\.next\/|next-env|reference\/digest/.test(file))).toEqual([])
  const others = built().files.filter((file) => /^dist\/(?!.*(\.js|\.d\.ts)$)/.test(file))
  expect(others).toEqual([
    'dist/lab/end-with-parent.mjs',
    'dist/lab/loopback.mjs',
    'dist/lab/redis-server.mjs',
    'dist/lab/resp.mjs',
    'dist/lab/upstash-protocol.mjs',
  ])
})

test('every relative link of its documents leads to something in it', () => {
  const { files, directory } = built()
  const documents = files.filter((file) => file.endsWith('.md') || file === 'llms.txt')
  const links = documents.flatMap((document) =>
    linksOf(readFileSync(join(directory, document), 'utf8'))
      .map((link) => link.split('#')[0] ?? '')
      .filter((path) => path !== '' && !/^[a-z]+:/.test(path))
      .map((path) => ({ document, target: posix.join(posix.dirname(document), path) })),
  )
  expect(links.length).toBeGreaterThan(100)
  const missing = links.filter(
    ({ target }) =>
      !files.some((file) => file === target || file.startsWith(`${target.replace(/\/$/, '')}/`)),
  )
  expect(missing).toEqual([])
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
  ['Node16', { module: 'Node16', moduleResolution: 'Node16', ...WEB }],
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

/** Node loads ES modules by `require` from 20.19 on. All compilers and resolutions: `npm run types:matrix`. */
test('CommonJS requires it, in Node and in TypeScript under nodenext', async () => {
  const entries = ['caracal-edge', 'caracal-edge/upstash', 'caracal-edge/testing']
  await write(
    'required.cjs',
    `console.log(${JSON.stringify(entries)}.map((one) => typeof require(one)).join())`,
  )
  expect((await runNode(['required.cjs'], project)).trim()).toBe('object,object,object')
  await write(
    'required.cts',
    `import caracal = require('caracal-edge')\nexport const name: string = caracal.CaracalConfigError.name\n`,
  )
  const compilerOptions = { module: 'NodeNext', target: 'ES2022', strict: true, noEmit: true, ...WEB }
  await write('tsconfig.json', { compilerOptions, files: ['required.cts'] })
  expect(await runNode([TSC, '-p', '.', '--pretty', 'false'], project)).toBe('')
}, 60_000)
