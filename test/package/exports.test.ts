// The entries of the package: each one resolves, and exports exactly these names.

import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { expect, test } from 'vitest'
import { ENTRIES, MANIFEST } from '../support/entries.ts'
import { builtPackage } from './support/build.ts'
import { ROOT, runNode } from './support/run.ts'

interface Surface {
  readonly values: readonly string[]
  readonly types: readonly string[]
}

/** Removing a name is a breaking change; adding one is a promise. */
const SURFACES: { readonly [specifier: string]: Surface } = {
  'caracal-edge': {
    values: [
      'AuthorityEndedError',
      'CaracalConfigError',
      'InMemoryRevocationStore',
      'KeySetUnavailableError',
      'RevocationUnavailableError',
      'authorityOf',
      'consoleObserver',
      'createMandateVerifier',
      'denialResponse',
      'mandateOf',
      'withCaracal',
      'workersKeySetCache',
    ],
    types: [
      'Admission',
      'AdmissionEvent',
      'Authority',
      'AuthoritySignalOptions',
      'CallRefusal',
      'CaracalContext',
      'CaracalOptions',
      'CheckName',
      'ConsoleObserverOptions',
      'Decision',
      'DecisionDetails',
      'DecisionEvent',
      'DecisionObserver',
      'DecisionStep',
      'DelegationLink',
      'Denial',
      'DenialCode',
      'DenialEvent',
      'DenialReason',
      'ExcludedPath',
      'ExplainedCheck',
      'ExplainedRule',
      'Explanation',
      'FailedCheck',
      'GuardedFetch',
      'GuardedHandler',
      'InMemoryRevocationStoreOptions',
      'InlineKeySet',
      'InvalidTokenReason',
      'KeySetCache',
      'KeySetFault',
      'KeySetOptions',
      'Mandate',
      'MandateUse',
      'MandateVerifier',
      'OutageDetails',
      'PartReadiness',
      'PassedCheck',
      'Readiness',
      'Requirements',
      'RevocationFault',
      'RevocationQuery',
      'RevocationState',
      'RevocationStore',
      'RouteKey',
      'RouteOptions',
      'Skip',
      'SkipEvent',
      'UnaskedCheck',
      'UnreachedCheck',
      'WebSocketDenial',
      'WritableRevocationStore',
    ],
  },
  'caracal-edge/fetch': {
    values: ['guardFetch'],
    types: ['FetchApp', 'GuardedApp'],
  },
  'caracal-edge/hono': {
    values: ['caracal', 'requireMandate'],
    types: [
      'CaracalEnv',
      'CaracalHonoOptions',
      'CaracalVariables',
      'OptionalCaracalEnv',
      'OptionalCaracalVariables',
    ],
  },
  'caracal-edge/upstash': {
    values: ['UpstashRevocationStore', 'followRevocations', 'syncRevocations'],
    types: [
      'FollowRevocationsOptions',
      'StreamLoss',
      'SyncReport',
      'SyncRevocationsOptions',
      'UpstashOptions',
      'UpstashRevocationStoreOptions',
    ],
  },
  'caracal-edge/redis': {
    values: ['RedisRevocationStore', 'followRevocations', 'syncRevocations'],
    types: [
      'FollowRevocationsOptions',
      'RedisCommand',
      'RedisOptions',
      'RedisRevocationStoreOptions',
      'StreamLoss',
      'SyncReport',
      'SyncRevocationsOptions',
    ],
  },
  'caracal-edge/otel': {
    values: ['otelObserver'],
    types: [
      'OtelAttributes',
      'OtelCounter',
      'OtelHistogram',
      'OtelMeter',
      'OtelObserverOptions',
      'OtelSpan',
      'OtelTracer',
    ],
  },
  'caracal-edge/live': {
    values: ['liveResponse', 'liveSocket'],
    types: ['ClosableSocket', 'LiveResponseOptions'],
  },
  'caracal-edge/mcp': {
    values: ['guardMcp', 'principalOf', 'protectedResource', 'toAuthInfo'],
    types: ['McpAuthInfo', 'McpCall', 'McpContext', 'McpHandler', 'McpOptions', 'ProtectedResourceOptions'],
  },
  'caracal-edge/testing': {
    values: [
      'conformance',
      'createTestIssuer',
      'createTestStore',
      'expectAdmitted',
      'expectDenied',
      'revocationStoreContract',
      'signStreamMessage',
      'startTestClock',
      'testRevocationStore',
    ],
    types: [
      'ConformanceCheck',
      'ConformanceFeature',
      'ConformanceGuard',
      'ConformanceHandler',
      'ConformanceOptions',
      'ConformanceSettings',
      'ConformanceUpstash',
      'DenialBody',
      'MandateDepartures',
      'RevocationStoreCheck',
      'TestClock',
      'TestIssuer',
      'TestIssuerOptions',
      'TestStore',
      'TestZone',
    ],
  },
}

const built = builtPackage()

test('every path of the package is listed here', () => {
  expect(ENTRIES.map(({ specifier }) => specifier).sort()).toEqual(Object.keys(SURFACES).sort())
  expect(MANIFEST.exports['./package.json']).toBe('./package.json')
})

test('every target of exports and imports exists and is published', () => {
  const targets = [...Object.values(MANIFEST.exports), ...Object.values(MANIFEST.imports)]
    .flatMap((target) => (typeof target === 'string' ? [target] : Object.values(target)))
    .map((target) => target.replace(/^\.\//, ''))
  expect(targets.filter((target) => !existsSync(join(built().directory, target)))).toEqual([])
  expect(targets.filter((target) => !built().files.includes(target))).toEqual([])
})

test.each(ENTRIES)('$specifier exports exactly its surface', async ({ specifier, name }) => {
  const surface = SURFACES[specifier]
  const program = `console.log(JSON.stringify(Object.keys(await import('${specifier}'))))`
  const values: unknown = JSON.parse(
    await runNode(['--input-type=module', '--eval', program], built().directory),
  )
  expect(values).toEqual(surface?.values)
  const declared = exportedNames(await readFile(join(built().directory, `dist/${name}.d.ts`), 'utf8'))
  expect(declared.values).toEqual(surface?.values)
  expect(declared.types).toEqual(surface?.types)
})

/** The names in a file of re-exports. */
function exportedNames(declarations: string): { values: readonly string[]; types: readonly string[] } {
  const statement = /export (type )?\{([^}]*)\} from '[^']+';/g
  const others = declarations
    .replace(statement, '')
    .replace(/\/\/.*/g, '')
    .trim()
  if (others !== '') throw new Error(`An entry has more than re-exports: ${others}`)
  const values: string[] = []
  const types: string[] = []
  for (const [, typeOnly, list = ''] of declarations.matchAll(statement)) {
    for (const name of list.split(',').map((item) => item.trim())) {
      if (name === '') continue
      if (typeOnly !== undefined || name.startsWith('type ')) types.push(name.replace(/^type /, ''))
      else values.push(name)
    }
  }
  return { values: values.sort(), types: types.sort() }
}

test('an import has no side effects', async () => {
  const program = `
    const before = Object.getOwnPropertyNames(globalThis)
    for (const specifier of ${JSON.stringify(Object.keys(SURFACES))}) await import(specifier)
    const after = Object.getOwnPropertyNames(globalThis)
    console.log(JSON.stringify(after.filter((name) => !before.includes(name))))`
  const added: unknown = JSON.parse(
    await runNode(['--input-type=module', '--eval', program], built().directory),
  )
  expect(added).toEqual([])
})

test('publint finds nothing', async () => {
  const { buffer, byteOffset, byteLength } = await readFile(built().tarball)
  const tarball = new Uint8Array(buffer, byteOffset, byteLength).slice().buffer
  const { messages, pkg } = await publint({ pack: { tarball }, strict: true })
  expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([])
})

test('attw finds nothing', async () => {
  const attw = join(ROOT, 'node_modules/@arethetypeswrong/cli/dist/index.js')
  await runNode([attw, built().tarball, '--profile', 'esm-only', '--no-emoji'], built().directory)
})
