// What `explain` takes and refuses, and that what it gives is frozen and safe to print.

import {
  CaracalConfigError,
  type CaracalOptions,
  createMandateVerifier,
  type Explanation,
} from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { bearer } from '../support/requests.ts'

const issuer = createTestIssuer()
const token = await issuer.mint()
afterEach(() => void vi.restoreAllMocks())

const verifierWith = (options: Partial<CaracalOptions> = {}) =>
  createMandateVerifier({ ...issuer.options, ...options })

describe('arguments', () => {
  it.each([[undefined], [null], [{ requiredScope: [] }]])('requirements cannot be %j', async (given) => {
    const verifier = verifierWith()
    for (const input of [token, bearer(token)]) {
      const explaining: Promise<unknown> = Reflect.apply(verifier.explain, verifier, [input, given])
      await expect(explaining).rejects.toThrow(CaracalConfigError)
    }
  })

  it.each([[42], [null], [undefined], [{}]])('%j is refused as authorize refuses it', async (given) => {
    vi.spyOn(console, 'error').mockReturnValue()
    for (const options of [{}, { exclude: ['/open'] }]) {
      const verifier = verifierWith(options)
      const explanation: Explanation = await Reflect.apply(verifier.explain, verifier, [given])
      expect(explanation.decision).toEqual(await Reflect.apply(verifier.authorize, verifier, [given]))
      const failed = explanation.checks.filter(({ outcome }) => outcome === 'failed')
      expect(failed).toMatchObject([{ reason: 'server_error', found: 'an unexpected error: see the log' }])
    }
  })
})

it('the credential is wanted where the options say', async () => {
  const { checks } = await verifierWith({ credentialHeader: 'X-Mandate' }).explain(bearer(token))
  expect(checks[1]).toMatchObject({
    ...{ name: 'credential', outcome: 'failed', reason: 'missing_token', found: 'none' },
    wanted: 'a token: in a request, in the header X-Mandate, without a scheme',
  })
})

it('is deeply frozen', async () => {
  const frozen = (value: unknown): boolean =>
    typeof value !== 'object' ||
    value === null ||
    (Object.isFrozen(value) && Object.values(value).every(frozen))
  for (const input of [token, 'hunter2']) {
    const explanation = await verifierWith().explain(input)
    expect(Object.isFrozen(explanation)).toBe(true)
    expect(frozen(explanation.checks)).toBe(true)
  }
})

it('shows what others wrote in quotes, so that it controls no terminal and reads as no text of ours', async () => {
  const scopes = ['\u001b[2J', '\u202eread', 'read,\u009bwrite', '"; missing:']
  const { checks } = await verifierWith({ requiredScopes: ['x'] }).explain(await issuer.mint({ scopes }))
  expect(checks.find(({ name }) => name === 'requiredScopes')).toMatchObject({
    found: String.raw`"\u001b[2J", "\u202eread", "read,\u009bwrite", "\";", missing:; missing: x`,
  })
})
