// `explain`: the decision of a guard, check by check, from the environment, flags and a module.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { optionsFrom } from '../../cli/explain/config.ts'
import { type Dev, type InstalledCli, post, type RunOptions } from './installed.ts'

const CONFIG = `
import { InMemoryRevocationStore } from 'caracal-edge'
const revocations = new InMemoryRevocationStore()
setInterval(() => {}, 60_000) // as a client that holds a connection open
export default (environment) => ({
  audience: environment.CARACAL_AUDIENCE,
  revocations,
  exclude: ['/healthz'],
  ...(environment.HEADER && { credentialHeader: environment.HEADER }),
  routes: { 'POST /payouts': { requiredScopes: ['payouts:create'], requireDelegation: true } },
})`

interface Line {
  readonly name: string
  readonly outcome: string
}

export function testExplain(cli: InstalledCli) {
  let dev: Dev
  beforeAll(async () => {
    dev = await cli.dev()
    const files = {
      'caracal.config.js': CONFIG,
      'none.js': 'export const options = {}',
      'broken.js': "throw new Error('s3cret')",
      'null.js': 'export default null',
      'list.js': 'export default []',
      'nothing.js': 'export default async () => undefined',
      'exits.js': 'process.exit(0)',
      'exits-later.js':
        'setTimeout(() => process.exit(0)); export default { revocations: { lookup: () => new Promise(() => {}) } }',
      'waits.js': 'await new Promise(() => {}); export default {}',
      'fails-later.js': "setTimeout(() => { throw new Error('s3cret') }); await new Promise(() => {})",
      'named.js': "throw Object.assign(new Error('s3cret'), { name: 's3cret\\n' })",
      'wrong.js': "export default { audience: 7, revocations: 's3cret' }",
    }
    for (const [name, text] of Object.entries(files)) await writeFile(join(cli.project(), name), text)
  }, 30_000)
  afterAll(async () => {
    await dev.end()
  })

  const run = (args: readonly string[], options: RunOptions = {}) =>
    cli.run(args, { ...options, variables: { ...dev.variables, ...options.variables } })

  async function mint(departures: object = {}): Promise<string> {
    return (await post(`${dev.url}/dev/mint`, departures)).body.mandate
  }

  /** The names of the checks that have this outcome. */
  const named = (checks: readonly Line[], outcome: string) =>
    checks.filter((check) => check.outcome === outcome).map(({ name }) => name)

  const claimsOf = (mandate: string) =>
    JSON.parse(Buffer.from(mandate.split('.')[1] ?? '', 'base64url').toString())

  const secretsOf = (mandate: string): readonly string[] => {
    const { sid, agent_session_id, delegation_edge_id } = claimsOf(mandate)
    const ids = [sid, agent_session_id, delegation_edge_id].filter((id) => id !== undefined)
    return [...mandate.split('.'), ...ids]
  }

  test('an admitted mandate ends with 0, and neither it nor an id of it is printed', async () => {
    const mandate = await mint()
    for (const args of [
      ['explain', '-'],
      ['explain', '-', '--json'],
      ['explain', '-', '--path', '/a'],
    ]) {
      const { code, stdout, stderr } = await run(args, { input: mandate })
      expect([code, stderr]).toEqual([0, ''])
      expect(stdout).toMatch(/^admitted$|"outcome":"admit"/m)
      for (const secret of secretsOf(mandate)) expect(stdout).not.toContain(secret)
    }
  })

  test('a refusal says for each check what was found and wanted, and goes on', async () => {
    const mandate = await mint({ hops: 0, scopes: ['read'] })
    const args = ['explain', '-', '--scope', 'read write', '--delegation']
    const { code, stdout, stderr } = await run(args, { input: `Authorization: Bearer ${mandate}\n` })
    expect(code).toBe(1)
    expect(stdout).toMatch(
      /^failed {7}requiredScopes .*read; missing: write \(wanted: all of read, write\)$/m,
    )
    expect(stdout).toMatch(/^failed {7}requireDelegation .*none \(wanted: a delegation\)$/m)
    expect(stdout).toMatch(/^passed {7}revocation/m)
    expect(stdout).toMatch(/^not asked {4}requireAgent$/m)
    expect(stdout).toMatch(/^refused: 403 insufficient_scope\n$/m)
    expect(stderr).toBe(
      'caracal-edge: the mandate is refused; what failed: requiredScopes, requireDelegation\n',
    )
    for (const secret of secretsOf(mandate)) expect(stdout + stderr).not.toContain(secret)
  })

  test('what is no mandate is not reached any further', async () => {
    const { code, stdout } = await run(['explain', '-'], { input: 'no mandate' })
    expect(code).toBe(1)
    expect(stdout).toMatch(/^failed {7}signature/m)
    expect(stdout).toMatch(
      /^not reached {2}audience .*because signature failed \(wanted: resource:\/\/api\)$/m,
    )
    expect(stdout).toContain('refused: 401 invalid_token (malformed)')
  })

  test.each([
    [
      {},
      {
        requiredUse: ['--use', 'session'],
        requiredScopes: ['--scope', 'admin', '--scope', 'read'],
        requiredTargets: ['--target', 'resource://other'],
        maxHopCount: ['--max-hops', '0'],
        requireChainContains: ['--chain-contains', 'app-9'],
      },
    ],
    [{ agent: false }, { requireAgent: ['--agent'], requireDelegation: ['--delegation'] }],
  ])('each requirement has a flag: for %j', async (departures, flags) => {
    const args = ['explain', '-', '--json', ...Object.values(flags).flat()]
    const { stdout } = await run(args, { input: await mint(departures) })
    expect(named(JSON.parse(stdout).checks, 'failed')).toEqual(Object.keys(flags))
  })

  test.each([
    ['two mandates', (mandate: string) => `${mandate}\n${mandate}`],
    ['one in quotes', (mandate: string) => JSON.stringify(mandate)],
    ['one that was broken into lines', (mandate: string) => mandate.replace(/.{60}/g, '$&\n')],
  ])('%s: what was copied badly is said', async (_title, made) => {
    const { code, stderr } = await run(['explain', '-'], { input: made(await mint()) })
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^what was given has blanks, quotes/)])
  })

  test('what has no end on standard input is not kept', async () => {
    const { code, stderr } = await run(['explain', '-'], { input: 'x'.repeat(1024 * 1024 + 1) })
    expect([code, stderr]).toEqual([2, expect.stringContaining('more than 1 MiB')])
  })

  test('a revocation is seen, of the Redis of the environment', async () => {
    const mandate = await mint()
    await post(`${dev.url}/dev/revoke`, { anchor: claimsOf(mandate).sid })
    const { code, stdout } = await run(['explain', '-'], { input: mandate })
    expect([code, stdout.includes('refused: 401 session_revoked')]).toEqual([1, true])
    const noRedis = { UPSTASH_REDIS_REST_URL: '', UPSTASH_REDIS_REST_TOKEN: '' }
    const unknown = await run(['explain', '-'], { input: mandate, variables: noRedis })
    expect([unknown.code, unknown.stderr]).toEqual([0, expect.stringContaining('no revocation is known')])
  })

  describe('--config', () => {
    const explain = async (args: readonly string[], input: string, variables = {}) => {
      const { code, stdout } = await run(
        ['explain', '-', '--json', '--config', 'caracal.config.js', ...args],
        { input, variables },
      )
      const { decision, checks } = JSON.parse(stdout)
      return { code, decision, failed: named(checks, 'failed') }
    }

    test('its routes apply to a path and a method, its exclusions too', async () => {
      const mandate = await mint({ hops: 0 })
      const post = await explain(['--path', '/payouts?all=1', '--method', 'POST'], mandate)
      expect(post).toMatchObject({ code: 1, failed: ['requiredScopes', 'requireDelegation'] })
      expect(await explain(['--path', '/payouts'], mandate)).toMatchObject({ code: 0, failed: [] })
      expect(await explain([], mandate)).toMatchObject({ code: 0, failed: [] })
      expect(await explain(['--path', '/healthz'], 'no-mandate')).toMatchObject({
        code: 0,
        decision: { outcome: 'skip' },
      })
      const header = { HEADER: 'X-Caracal-Identity' }
      expect(await explain(['--path', '/a'], mandate, header)).toMatchObject({ code: 0 })
    })

    test('flags come in addition', async () => {
      const args = ['--path', '/payouts', '--method', 'POST', '--scope', 'x', '--max-hops', '0']
      const { failed } = await explain(args, await mint({ scopes: ['payouts:create'] }))
      expect(failed).toEqual(['requiredScopes', 'maxHopCount'])
    })
  })

  test.each([
    [['explain'], /missing required argument 'token'/],
    [['explain', '-'], /no mandate to explain/],
    [['explain', '-', '--use', 'gateway'], /resource, session/],
    [['explain', '-', '--method', 'POST'], /--method belongs to --path/],
    [['explain', 'a', '--path', 'payouts'], /a path begins with \//],
    [['explain', 'a', '--path', '/', '--method', 'TRACE'], /no request can be made/],
    [['explain', 'a b', '--path', '/'], /no header can hold/],
    [['explain', 'a', '--target', ''], /requiredTargets/],
    [['explain', 'a', '--config', 'nowhere.js'], /nowhere\.js cannot be loaded/],
    [['explain', 'a', '--config', 'none.js'], /no default export/],
    [['explain', 'a', '--config', 'broken.js'], /broken\.js cannot be loaded \(Error\).*node broken\.js/],
    [['explain', 'a', '--config', 'null.js'], /the default export of null\.js is null: export default/],
    [['explain', 'a', '--config', 'list.js'], /the default export of list\.js is a list/],
    [['explain', 'a', '--config', 'nothing.js'], /what the function gives of nothing\.js is undefined/],
    [['explain', 'a', '--config', 'exits.js'], /exits\.js ended the process.*node exits\.js/],
    [['explain', 'a', '--config', 'waits.js'], /waits\.js ended the process.*or waits/],
    [['explain', 'a', '--config', 'fails-later.js'], /fails-later\.js failed \(Error\)/],
    [['explain', 'a', '--config', 'named.js'], /named\.js cannot be loaded \(object\)/],
    [['explain', 'a', '--config', 'wrong.js'], /audience must be .*revocations must be /s],
  ])('%j ends with 2', async (args, said) => {
    const { code, stdout, stderr } = await run(args)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(said)
    expect(stderr).not.toMatch(/s3cret|\n\s+at /)
  })

  test('a module that ends the process while its store is asked is said', async () => {
    const { code, stderr } = await run(['explain', '-', '--config', 'exits-later.js'], {
      input: await mint(),
    })
    expect([code, stderr]).toEqual([2, expect.stringContaining('exits-later.js ended the process')])
  })

  test('a module that is never loaded is not waited for', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const loading = optionsFrom(join(cli.project(), 'waits.js')).catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(10_000)
    vi.useRealTimers()
    expect(await loading).toMatchObject({ message: expect.stringMatching(/not loaded within 10 seconds/) })
  })

  test('a mandate as an argument is explained, with a warning', async () => {
    const mandate = await mint()
    const { code, stderr } = await run(['explain', mandate])
    expect(code).toBe(0)
    expect(stderr).toMatch(/^arguments can be seen by other users: - reads/)
    expect(stderr).not.toContain(mandate.slice(0, 20))
  })

  test('without an issuer in the environment it ends with 2', async () => {
    const { code, stderr } = await cli.run(['explain', '-'], { input: 'a' })
    expect([code, stderr]).toEqual([2, expect.stringContaining('CARACAL_STS_URL')])
  })
}
