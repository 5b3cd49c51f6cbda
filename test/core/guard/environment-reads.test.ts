// What counts as read of an environment, when the options are made or later: where it differs, no guard is shared.

import { type CaracalOptions, withCaracal } from 'caracal-edge'
import { describe, expect, it, vi } from 'vitest'
import { callsFor, type Fetch, issuer, oldHasOwn, reads, token } from '../support/environment-options.ts'
import { WRAPPERS } from '../support/environments.ts'
import { bearer } from '../support/requests.ts'

describe('what is read of an environment', () => {
  const KV = {}
  const base = { A: 'a', B: 'b', KV }
  type Env = typeof base & { readonly [name: string]: unknown }
  /** What is read, another environment in which that is the same, and one in which it is not. */
  it.each<[string, (env: Env) => unknown, object, object]>([
    ['a member', (env) => env.A, { ...base, B: 'x' }, { ...base, A: 'x' }],
    ['a member that is missing', (env) => env.C, { ...base, A: 'x' }, { ...base, C: 'x' }],
    ['a member that is NaN', (env) => env.N, { ...base }, { ...base, N: Number.NaN }],
    ['an object', (env) => env.KV, { KV }, { ...base, KV: {} }],
    ['whether a member is there', (env) => 'C' in env, { A: 'x' }, { ...base, C: undefined }],
    ['whether a member is its own', (env) => Object.hasOwn(env, 'C'), { A: 'x' }, { ...base, C: undefined }],
    ['the same in the old way', (env) => oldHasOwn(env, 'C'), { A: 'x' }, { ...base, C: undefined }],
    ['its names', (env) => Object.keys(env), { ...base }, { ...base, C: 1 }],
    ['its names by for … in', (env) => namesIn(env), { ...base }, { ...base, C: 1 }],
    ['all by a copy', (env) => ({ ...env }), { ...base }, { ...base, B: 'x' }],
    ['all by entries', (env) => Object.entries(env), { ...base }, { ...base, B: 'x' }],
    ['all as JSON', (env) => JSON.stringify(env), { ...base }, { ...base, B: 'x' }],
    ['a property', (env) => Object.getOwnPropertyDescriptor(env, 'A'), { A: 'a' }, { A: 'x' }],
    ['its prototype', (env) => Object.getPrototypeOf(env), {}, Object.create(null)],
    ['its class', (env) => env instanceof Map, {}, new Map()],
    ['whether it is frozen', (env) => Object.isFrozen(env), { ...base }, Object.freeze({ ...base })],
    [
      'a member by a symbol',
      (env) => Reflect.get(env, Symbol.toStringTag),
      {},
      { [Symbol.toStringTag]: 'x' },
    ],
  ])('%s', async (_, read, same, different) => {
    const options = reads(read)
    expect(await callsFor(options, [[base], [same], [base], [same]])).toBe(1)
    expect(await callsFor(options, [[base], [different], [base], [different]])).toBe(2)
  })

  function namesIn(env: object): readonly string[] {
    const names: string[] = []
    for (const name in env) names.push(name)
    return names
  }

  it('is nothing where only the next argument is read, of which each counts', async () => {
    const options = reads((_: object, ctx: { readonly props: object }) => ctx.props)
    const props = {}
    expect(
      await callsFor(options, [
        [{}, { props }],
        [{ x: 1 }, { props, y: 1 }],
      ]),
    ).toBe(1)
    expect(
      await callsFor(options, [
        [base, { props }],
        [base, { props: {} }],
      ]),
    ).toBe(2)
  })

  it('is the value of an argument that is not an object', async () => {
    const options = reads((tenant: unknown) => tenant)
    expect(await callsFor(options, [['a'], ['b'], ['a'], [undefined], [null], [undefined]])).toBe(4)
    const fetch = () => {}
    expect(await callsFor(options, [[fetch], [fetch], [() => {}]])).toBe(2)
  })

  it('is how many arguments there are', async () => {
    const options = reads((...all: readonly unknown[]) => all.length)
    expect(await callsFor(options, [[base], [base, {}], [base], [base, {}]])).toBe(2)
    expect(await callsFor(options, [[base, {}], [base], [base, {}], [base]])).toBe(2)
  })
})

describe('what is read later', () => {
  const tenant = (name: string) => ({ AUDIENCE: 'resource://api', REVOKED: name === 'revoked' })

  /** A store that reads its environment when it is asked, and not before. */
  const lazily = (env: ReturnType<typeof tenant>): CaracalOptions => ({
    ...issuer.options,
    revocations: {
      async lookup() {
        await Promise.resolve()
        return { revoked: env.REVOKED, delegationEpoch: 0 }
      },
    },
  })

  it.each(Object.entries(WRAPPERS))('counts as well, in %s', async (_, wrap) => {
    const options = vi.fn(lazily)
    const guarded = withCaracal(() => new Response(), options) as Fetch
    const statuses: number[] = []
    for (const name of ['good', 'revoked', 'good', 'revoked']) {
      statuses.push((await guarded(bearer(token), wrap(tenant(name)))).status)
    }
    expect(statuses).toEqual([200, 401, 200, 401])
    expect(options).toHaveBeenCalledTimes(2)
  })

  it.each([
    ['good', 'revoked'],
    ['revoked', 'good'],
  ])('also where several requests are there before it is read: %s first', async (...names) => {
    const events: string[] = []
    const options = vi.fn((env: ReturnType<typeof tenant>) => ({
      ...lazily(env),
      onDecision: ({ outcome }: { readonly outcome: string }) => events.push(outcome),
    }))
    const guarded = withCaracal(() => new Response(), options) as Fetch
    const asked = [...names, ...names, ...names]
    const answers = await Promise.all(asked.map((name) => guarded(bearer(token), tenant(name))))
    expect(answers.map(({ status }) => status)).toEqual(asked.map((name) => (name === 'good' ? 200 : 401)))
    expect(options).toHaveBeenCalledTimes(2)
    // One event for each request, and none for a decision that was not used.
    expect(events.sort()).toEqual(['admit', 'admit', 'admit', 'deny', 'deny', 'deny'])
  })

  it('counts if it has changed since: then only the object itself has it', async () => {
    const env = { ...tenant('good') }
    const options = vi.fn(lazily)
    const guarded = withCaracal(() => new Response(), options) as Fetch
    expect((await guarded(bearer(token), env)).status).toBe(200)
    env.REVOKED = true
    expect((await guarded(bearer(token), env)).status).toBe(401)
    expect((await guarded(bearer(token), tenant('good'))).status).toBe(200)
    expect(options).toHaveBeenCalledTimes(2)
  })

  it('is not kept without end: a store that reads ever new members has a guard for each object', async () => {
    let name = 0
    const options = vi.fn((env: Readonly<Record<string, unknown>>) => ({
      ...issuer.options,
      revocations: { lookup: () => ({ revoked: env[`X${name++}`] === 1, delegationEpoch: 0 }) },
    }))
    const guarded = withCaracal(() => new Response(), options) as Fetch
    const env = {}
    for (let count = 0; count < 300; count++) expect((await guarded(bearer(token), env)).status).toBe(200)
    expect(options).toHaveBeenCalledTimes(1)
    expect((await guarded(bearer(token), {})).status).toBe(200)
    expect(options).toHaveBeenCalledTimes(2)
  })
})
