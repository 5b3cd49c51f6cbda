// Options that are left out come from the environment: first the bindings of the request, then the runtime's variables.

import { type CaracalOptions, createMandateVerifier, withCaracal } from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { attempt, SOURCES, type Variables } from '../support/environment.ts'
import { bearer } from '../support/requests.ts'

const issuer = createTestIssuer()
const token = await issuer.mint()
const { revocations, keySet } = issuer.options
const rest: Partial<CaracalOptions> = { revocations, keySet }
const VARIABLES: Variables = {
  CARACAL_STS_URL: 'https://sts.test',
  CARACAL_ZONE_ID: 'zone-1',
  CARACAL_AUDIENCE: 'resource://api',
}

afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

describe.each(SOURCES)('variables in $name', (source) => {
  it('are sufficient together', async () => {
    expect(await attempt(source, VARIABLES, rest, token)).toBe(200)
  })

  it.each(Object.keys(VARIABLES))('are each used: %s', async (name) => {
    const other = name === 'CARACAL_STS_URL' ? 'https://other-sts.test' : 'other'
    expect([401, 503]).toContain(await attempt(source, { ...VARIABLES, [name]: other }, rest, token))
  })

  it.each(Object.keys(VARIABLES))('are trimmed: %s', async (name) => {
    expect(await attempt(source, { ...VARIABLES, [name]: ` \t${VARIABLES[name]}\n` }, rest, token)).toBe(200)
  })

  it.each(Object.keys(VARIABLES))('that are blank count as absent: %s', async (name) => {
    for (const blank of ['', ' ', '\n\t ']) {
      const complaint = await attempt(source, { ...VARIABLES, [name]: blank }, rest, token)
      expect(complaint).toContain(`or set ${name}`)
    }
  })

  it('can contain an issuer with slashes at its end', async () => {
    const variables = { ...VARIABLES, CARACAL_STS_URL: 'https://sts.test//' }
    expect(await attempt(source, variables, rest, token)).toBe(200)
  })

  it.each([
    ['https://sts.test', 'https://sts.test/', 200],
    ['https://sts.test/', 'https://sts.test', 200],
    ['https://sts.test', 'https://sts.test//', 200],
    ['https://sts.test', 'https://sts.test/x', 401],
    ['https://sts.test/x', 'https://sts.test/', 401],
  ])('%s is the issuer of a mandate by %s: %i', async (configured, iss, status) => {
    const variables = { ...VARIABLES, CARACAL_STS_URL: configured }
    const outcome = await attempt(source, variables, rest, await issuer.mint({ claims: { iss } }))
    expect(outcome === 200 ? 200 : 401).toBe(status)
  })

  it('do not replace options', async () => {
    const variables = {
      CARACAL_STS_URL: 'http://hunter2',
      CARACAL_ZONE_ID: 'hunter2',
      CARACAL_AUDIENCE: 'hunter2',
    }
    expect(await attempt(source, variables, issuer.options, token)).toBe(200)
    const { audience: _, ...others } = issuer.options
    expect(await attempt(source, { ...variables, CARACAL_AUDIENCE: 'resource://api' }, others, token)).toBe(
      200,
    )
  })

  it.each(['undefined', 'null', 'NaN', '[object Object]', '*'])(
    'never cause an admission with the zone %s (env-03)',
    async (zone) => {
      const variables = { ...VARIABLES, CARACAL_ZONE_ID: zone }
      for (const claims of [{}, { zone_id: '' }, { zone_id: null }, { zone_id: undefined }]) {
        expect(await attempt(source, variables, rest, await issuer.mint({ claims }))).not.toBe(200)
      }
    },
  )

  it.each(['http://hunter2.test', 'hunter2.test', 'https://user:hunter2@sts.test', 'ftp://hunter2'])(
    'are refused by name, never by value, if the issuer is insecure: %s',
    async (url) => {
      const complaint = await attempt(source, { ...VARIABLES, CARACAL_STS_URL: url }, rest, token)
      expect(complaint).toContain('CARACAL_STS_URL must')
      expect(complaint).not.toContain('hunter2')
    },
  )

  it.each([{ NODE_ENV: 'development' }, { CARACAL_ALLOW_INSECURE_CONFIG_URLS: 'TRUE' }])(
    'do not make an issuer secure (config-03): %j',
    async (relaxed) => {
      const insecure = { ...issuer.options, issuer: 'http://sts.internal' }
      expect(await attempt(source, { ...VARIABLES, ...relaxed }, insecure, token)).toContain('issuer must')
    },
  )

  it('do not replace an option that is undefined', async () => {
    const explicit = { ...rest, audience: undefined } as unknown as Partial<CaracalOptions>
    expect(await attempt(source, VARIABLES, explicit, token)).toContain('audience is undefined')
  })
})

describe('bindings that come with a request', () => {
  const status = async (options: CaracalOptions | (() => CaracalOptions), bindings: unknown) =>
    (await withCaracal(() => new Response(), options)(bearer(token), ...([bindings] as unknown as []))).status

  it('take precedence over the runtime, one by one, for options that are left out', async () => {
    for (const [name, value] of Object.entries(VARIABLES)) {
      vi.stubGlobal('process', {
        env: { ...VARIABLES, [name]: name === 'CARACAL_STS_URL' ? 'https://x' : 'x' },
      })
      // On workerd, the runtime has no variables, so all of them must come with the request.
      const bindings = 'WebSocketPair' in globalThis ? VARIABLES : { [name]: value }
      expect(await status(() => rest as CaracalOptions, bindings), name).toBe(200)
    }
  })

  it.each(Object.keys(VARIABLES))('take precedence over what a guard was built with: %s', async (name) => {
    const wrong = name === 'CARACAL_STS_URL' ? 'https://other-sts.test' : 'other'
    vi.stubGlobal('process', { env: { ...VARIABLES, [name]: wrong } })
    const options = { ...rest }
    const build = () => withCaracal(() => new Response(), options as CaracalOptions)
    // On workerd, bindings come with a request, which is too late for a guard whose options are not a function.
    if ('WebSocketPair' in globalThis) return expect(build).toThrow('audience is missing')
    const guarded = build() as (request: Request, ...platform: readonly unknown[]) => Promise<Response>
    Object.assign(options, { revocations: undefined, requiredScopes: ['admin'] }) // too late to count
    const ours = { [name]: VARIABLES[name] }
    const others = [[], [{ params: {} }], [{ [name]: ' ' }], [name]]
    const admitted: boolean[] = []
    for (const platform of [[ours], ...others, [ours, 'ctx']]) {
      admitted.push((await guarded(bearer(token), ...platform)).status === 200)
    }
    expect(admitted).toEqual([true, false, false, false, false, true])
  })

  it('are refused by name and never by value if they are invalid', async () => {
    vi.stubGlobal('process', { env: VARIABLES })
    const isWorkerd = 'WebSocketPair' in globalThis
    const whole = rest as CaracalOptions
    const log = vi.spyOn(console, 'error').mockReturnValue()
    const bindings = { ...VARIABLES, CARACAL_STS_URL: 'http://hunter2.test' }
    expect(await status(isWorkerd ? () => whole : whole, bindings)).toBe(500)
    expect(log.mock.calls.join()).toContain('CARACAL_STS_URL must')
    expect(log.mock.calls.join()).not.toContain('hunter2')
  })

  it.each([
    { get: async () => 'hunter2' },
    new (class SecretsStoreSecret {
      async get() {
        return 'hunter2'
      }
    })(),
  ])('that are secrets of the Secrets Store are called that, and no other value is taken', async (secret) => {
    vi.stubGlobal('process', { env: VARIABLES })
    const log = vi.spyOn(console, 'error').mockReturnValue()
    const bindings = { ...VARIABLES, CARACAL_AUDIENCE: secret }
    for (let request = 0; request < 2; request++) {
      expect(await status(() => rest as CaracalOptions, bindings)).toBe(500)
    }
    expect(log.mock.calls.join()).toMatch(
      /set CARACAL_AUDIENCE to a string: it is an object with a `get` method.*Secrets Store/,
    )
    expect(log.mock.calls.join()).not.toContain('hunter2')
  })

  it('do not replace options', async () => {
    const hostile = { CARACAL_STS_URL: 'http://hunter2', CARACAL_ZONE_ID: 'x', CARACAL_AUDIENCE: 'x' }
    expect(await status(issuer.options, hostile)).toBe(200)
    expect(await status(() => issuer.options, hostile)).toBe(200)
  })

  it('are not read if the options are complete', async () => {
    const untouchable = new Proxy({}, { get: () => expect.fail('read'), has: () => expect.fail('asked') })
    expect(await status(issuer.options, untouchable)).toBe(200)
  })

  it.each([undefined, null, 'CARACAL_ZONE_ID', 7, [], {}, { CARACAL_ZONE_ID: 7 }, { CARACAL_ZONE_ID: {} }])(
    'can be missing: %j',
    async (bindings) => {
      const log = vi.spyOn(console, 'error').mockReturnValue()
      const { expectedZoneId: _, ...others } = issuer.options
      expect(await status(() => others as CaracalOptions, bindings)).toBe(500)
      expect(log).toHaveBeenCalledWith(expect.stringContaining('or set CARACAL_ZONE_ID'))
      expect(await status(issuer.options, bindings)).toBe(200)
    },
  )
})

describe('a runtime (env-01)', () => {
  const { audience: _, ...others } = issuer.options

  it.each<{ kind: string; globals: Readonly<Record<string, unknown>> }>([
    { kind: 'without a process', globals: { process: undefined } },
    { kind: 'whose process has no environment', globals: { process: {} } },
    {
      kind: 'whose environment holds other things than text',
      globals: { process: { env: { CARACAL_AUDIENCE: 7 } } },
    },
    {
      kind: 'that denies access to its environment',
      globals: { process: undefined, Deno: { env: { get: denied } } },
    },
  ])('$kind has no variables, which causes no other error', async ({ globals }) => {
    for (const [name, value] of Object.entries(globals)) vi.stubGlobal(name, value)
    let complaint: unknown
    try {
      createMandateVerifier(others as CaracalOptions)
    } catch (error) {
      complaint = error
    }
    const guarded = withCaracal(() => new Response(), issuer.options)
    const decision = await createMandateVerifier(issuer.options).authorizeToken(token)
    const { status } = await guarded(bearer(token))
    vi.unstubAllGlobals()
    expect(String(complaint)).toContain('audience is missing: give the option, or set CARACAL_AUDIENCE')
    expect([decision.outcome, status]).toEqual(['admit', 200])
  })
})

function denied(): never {
  throw new Error('NotCapable: requires env access')
}
