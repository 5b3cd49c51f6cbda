// A guard over time, while keys rotate, mandates end or are revoked, and the issuer and the store come and go.

import fc from 'fast-check'
import { expect, vi } from 'vitest'
import { CALM, CALM_OPTIONS } from './calm.ts'
import { forge } from './forge.ts'
import { type Guard, guardWith, SECRET, watchTheGuard } from './guard.ts'
import { type Key, keySetOf, newKey } from './keys.ts'
import { type Claims, GOOD, RULE, ZONES } from './mandates.ts'
import { type Answer, rightAnswers } from './model.ts'
import { property } from './runs.ts'

watchTheGuard()

const [zone] = ZONES
/** The guard's defaults (docs/options.md). */
const [MAX_AGE_MS, MAX_STALE_MS, COOLDOWN_MS] = [300_000, 600_000, 30_000]

/** Two of each id. */
const KEYS: readonly Key[] = Array.from({ length: 12 }, (_, number) => newKey(`kid-${SECRET}-${number >> 1}`))
const STRANGERS = newKey(`kid-${SECRET}-of-nobody`)

/** Numbers pick one of what there is. */
type Step =
  | { readonly do: 'send'; readonly which: number }
  | { readonly do: 'mint'; readonly lifetime: number; readonly epoch: number; readonly stranger: boolean }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'revoke'; readonly which: number }
  | { readonly do: 'rotate'; readonly how: 'side by side' | 'at once' | 'same id' }
  | { readonly do: 'raise the epoch' | 'issuer' | 'store' }

const weighed = (weight: number, step: fc.Arbitrary<Step>) => ({ weight, arbitrary: step })
const step = fc.oneof(
  weighed(14, fc.record({ do: fc.constant('send'), which: fc.nat(1_000) })),
  weighed(
    3,
    fc.record({
      do: fc.constant('mint'),
      lifetime: fc.constantFrom(1, 60, 900, 100_000),
      epoch: fc.nat(2),
      stranger: fc.constantFrom(false, false, false, true),
    }),
  ),
  weighed(
    4,
    fc.record({
      do: fc.constant('wait'),
      ms: fc.constantFrom(1, 999, 29_000, 30_000, 60_000, 299_999, 300_000, 301_000, 600_000),
    }),
  ),
  weighed(1, fc.record({ do: fc.constant('revoke'), which: fc.nat(1_000) })),
  weighed(
    2,
    fc.record({ do: fc.constant('rotate'), how: fc.constantFrom('side by side', 'at once', 'same id') }),
  ),
  weighed(2, fc.record({ do: fc.constantFrom('issuer', 'issuer', 'store', 'raise the epoch') })),
)

interface Minted {
  readonly token: string
  readonly claims: Claims
  readonly key: Key
}

interface SeenSet {
  readonly body: string
  readonly at: number
}

/** The world, and what the guard has seen of it. */
class History {
  readonly #guard: Guard
  #published: readonly Key[] = KEYS.slice(0, 1)
  #isIssuerUp = true
  #isStoreUp = true
  #epoch = 0
  readonly #revoked = new Set<unknown>()
  readonly #minted: Minted[] = []
  #seen: SeenSet | undefined
  /** One that is young and was fetched anew beside a request. The guard may go on with it until it has read the new one. */
  #older: SeenSet | undefined
  #fetches: number[] = []
  #failedAt = Number.NEGATIVE_INFINITY

  constructor() {
    this.#guard = guardWith({
      ...CALM_OPTIONS,
      expectedZoneId: zone,
      keySet: { fetch: async () => this.#serve() },
      revocations: { lookup: ({ anchors }) => this.#lookUp(anchors) },
    })
    for (const lifetime of [60, 900]) this.#mint(lifetime, 1, false)
  }

  /** Gives what came up. */
  async take(step: Step): Promise<readonly string[]> {
    if (step.do === 'send') return this.#send(this.#pick(step.which))
    if (step.do === 'wait') vi.setSystemTime(Date.now() + step.ms)
    if (step.do === 'mint') this.#mint(step.lifetime, step.epoch, step.stranger)
    if (step.do === 'revoke') this.#revoked.add(this.#pick(step.which).claims.sid)
    if (step.do === 'raise the epoch') this.#epoch++
    if (step.do === 'issuer') this.#isIssuerUp = !this.#isIssuerUp
    if (step.do === 'store') this.#isStoreUp = !this.#isStoreUp
    if (step.do === 'rotate') this.#rotate(step.how)
    return []
  }

  #serve(): Response {
    this.#fetches.push(Date.now())
    if (!this.#isIssuerUp) {
      this.#failedAt = Date.now()
      throw new Error(SECRET)
    }
    this.#failedAt = Number.NEGATIVE_INFINITY
    this.#seen = { body: keySetOf(...this.#published), at: Date.now() }
    return new Response(this.#seen.body)
  }

  #lookUp(anchors: readonly string[]) {
    if (!this.#isStoreUp) throw new Error(SECRET)
    return { revoked: anchors.some((anchor) => this.#revoked.has(anchor)), delegationEpoch: this.#epoch }
  }

  #pick(number: number): Minted {
    const minted = this.#minted[this.#minted.length - 1 - (number % Math.min(4, this.#minted.length))]
    if (minted === undefined) throw new Error('There is always one.')
    return minted
  }

  #mint(lifetime: number, epoch: number, stranger: boolean): void {
    const iat = Math.floor(Date.now() / 1000)
    const sid = `sid-${SECRET}-${this.#minted.length}`
    const claims = { ...GOOD, sid, iat, nbf: iat, exp: iat + lifetime, delegation_graph_epoch: epoch }
    const key = stranger ? STRANGERS : (this.#published[0] ?? STRANGERS)
    this.#minted.push({ token: forge(claims, key, { at: 'nothing' }), claims, key })
  }

  #rotate(how: string): void {
    const [current] = this.#published
    const next = KEYS[(KEYS.indexOf(current ?? STRANGERS) + (how === 'same id' ? 1 : 2)) % KEYS.length]
    this.#published = [next, ...(how === 'side by side' ? [current] : [])].filter((key) => key !== undefined)
  }

  async #send({ token, key: { jwk } }: Minted): Promise<readonly string[]> {
    const fetchesBefore = this.#fetches.length
    const had = this.#seen
    const answer = await this.#guard.answer(`Bearer ${token}`)
    const fetches = this.#fetches.length - fetchesBefore
    expect(fetches, 'fetches for one request').toBeLessThanOrEqual(1)

    const now = Date.now()
    const ageOf = (set: SeenSet | undefined) => now - (set?.at ?? Number.NEGATIVE_INFINITY)
    // There may be another key of the same id.
    const has = (set: SeenSet | undefined) =>
      ageOf(set) < MAX_STALE_MS && set?.body.includes(`"${jwk.x}"`) === true
    // Who misses a key waits for the fetch. Who has it does not.
    if (had !== this.#seen && ageOf(had) < MAX_AGE_MS && has(had)) this.#older = had
    const isFresh = ageOf(this.#seen) < MAX_AGE_MS
    const hasJustFailed = now - this.#failedAt < COOLDOWN_MS
    const isKnown = has(this.#seen)

    const rightBy = (set: SeenSet | undefined): readonly Answer[] =>
      // A failed search leaves open whether there is such a key.
      hasJustFailed && !has(set)
        ? ['keys_unavailable']
        : [
            ...rightAnswers({
              ...CALM,
              authorization: `Bearer ${token}`,
              rule: { ...RULE, zones: [zone] },
              keySets: { [zone]: ageOf(set) < MAX_STALE_MS ? set?.body : undefined },
              lookUp: (anchors) => (this.#isStoreUp ? this.#lookUp(anchors) : undefined),
              nowMs: now,
              laterMs: now,
            }),
          ]
    const mayBeOld = ageOf(this.#older) < MAX_AGE_MS
    const right = [...rightBy(this.#seen), ...(mayBeOld ? rightBy(this.#older) : [])]
    expect(right).toContain(answer)
    if (!isFresh) expect(hasJustFailed, 'an old set serves only while there is no newer one').toBe(true)
    const isPublished = this.#published.some((key) => key.jwk.x === jwk.x)
    const sought = this.#fetches.some((at) => now - at < COOLDOWN_MS)
    if (isPublished && !isKnown) expect(sought, 'a key that is not known is looked for').toBe(true)
    return [
      answer,
      ...(answer === 'admit' && !isFresh ? ['admitted by a stale set'] : []),
      ...(answer === 'admit' && fetches === 0 ? ['admitted without a fetch'] : []),
      ...(isPublished && !isKnown ? ['a new key within the cooldown'] : []),
      ...(!isPublished && isKnown ? ['a retired key that is remembered'] : []),
    ]
  }
}

property('a guard over time', {
  cases: fc.noBias(fc.array(step, { minLength: 20, maxLength: 40 })),
  runs: 25,
  classes: [
    'admit',
    'invalid_token',
    'session_revoked',
    'delegation_stale',
    'keys_unavailable',
    'revocation_unavailable',
    'admitted by a stale set',
    'admitted without a fetch',
    'a new key within the cooldown',
    'a retired key that is remembered',
  ],
  async check(steps) {
    const history = new History()
    const cameUp: string[] = []
    for (const step of steps) cameUp.push(...(await history.take(step)))
    return cameUp
  },
})
