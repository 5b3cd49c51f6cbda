// Very large paths and route tables: answered correctly and in limited time (path-route-exclude-32).

import { createMandateVerifier, type MandateVerifier } from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { afterAll, describe, expect, it } from 'vitest'
import { EVERY_RULE, heldTo, pathOptions } from '../support/path-rules.ts'
import { rawRequest } from '../support/requests.ts'

const issuer = createTestIssuer()
const few = createMandateVerifier(
  pathOptions(issuer.options, { '/admin': 'admin', '/a/a': 'aa' }, ['/health']),
)
const FAR_TOO_LONG_MS = 1000

const times: string[] = []
afterAll(() => {
  console.info(`Time to find the rules of a path: ${times.join('; ')}`)
})

/** The rules, and the time that it took to find them. */
async function timed(title: string, verifier: MandateVerifier, path: string): Promise<readonly string[]> {
  const start = performance.now()
  const rules = await heldTo(verifier, rawRequest(path))
  const elapsed = performance.now() - start
  times.push(`${title} ${elapsed.toFixed(1)} ms`)
  expect(elapsed).toBeLessThan(FAR_TOO_LONG_MS)
  return rules
}

const SIZE = 65_536

describe('a plain path of any length must meet its own rule:', () => {
  it.each([
    { title: '64 kB in one segment', path: `/${'a'.repeat(SIZE)}`, rule: 'default' },
    { title: '64 kB below a route', path: `/admin/${'a'.repeat(SIZE)}`, rule: 'admin' },
    { title: '64 kB below an excluded prefix', path: `/health/${'a'.repeat(SIZE)}`, rule: 'excluded' },
    { title: '10,000 segments', path: '/a'.repeat(10_000), rule: 'aa' },
  ])('$title → $rule', async ({ title, path, rule }) => {
    expect(await timed(title, few, path)).toEqual([rule])
  })
})

describe('an odd path that is too long, or too odd, must meet every rule and is never excluded:', () => {
  it.each([
    { title: '64 kB of escapes', path: `/health/${'%61'.repeat(SIZE / 3)}` },
    { title: '64 kB of slashes', path: `/health/${'/'.repeat(SIZE)}` },
    { title: '64 kB of backslashes', path: `/health/${'\\'.repeat(SIZE)}` },
    { title: '64 kB of parameters', path: `/health/${';'.repeat(SIZE)}` },
    { title: '64 kB of dots', path: `/health/${'./'.repeat(SIZE / 2)}` },
    { title: '64 kB and one escape', path: `/health/%61${'a'.repeat(SIZE)}` },
    { title: 'escapes of escapes, 200 deep', path: `/health/%${'25'.repeat(200)}61` },
  ])('$title', async ({ title, path }) => {
    expect(await timed(title, few, path)).toEqual([EVERY_RULE])
  })

  it('is admitted with a mandate that meets all of them', async () => {
    const path = `/x/${'%61'.repeat(SIZE / 3)}`
    const decide = async (scopes: readonly string[]) =>
      (await few.authorize(rawRequest(path, await issuer.mint({ scopes })))).outcome
    expect(await decide(['default', 'admin', 'aa'])).toBe('admit')
    expect(await decide(['default', 'admin'])).toBe('deny')
  })
})

describe('an odd path of the usual length is read in every way, however many bytes it has:', () => {
  it.each([
    { title: '1 kB of escapes', path: `/health/${'%61'.repeat(340)}`, rules: ['excluded'] },
    { title: '1 kB of slashes', path: `/health${'/'.repeat(1000)}x`, rules: ['excluded'] },
    { title: '1 kB of parameters', path: `/health/${';x'.repeat(500)}`, rules: ['excluded'] },
    { title: '8 escaped dot segments', path: `/admin/${'x%2F..%2F'.repeat(8)}`, rules: ['admin'] },
  ])('$title', async ({ title, path, rules }) => {
    expect(await timed(title, few, path)).toEqual(rules)
  })
})

describe('10,000 routes', () => {
  const names = Array.from({ length: 10_000 }, (_, index) => `r${index}`)
  const routes = Object.fromEntries(names.map((name) => [`/${name}/x`, name]))
  const many = createMandateVerifier(pathOptions(issuer.options, routes, []))

  it.each([
    { path: '/r0/x', rules: ['r0'] },
    { path: '/r9999/x/y', rules: ['r9999'] },
    { path: '/r9999', rules: ['default'] },
    { path: '/r10000/x', rules: ['default'] },
    { path: '/%7242/x', rules: ['default', 'r42'] },
  ])('$path must meet $rules', async ({ path, rules }) => {
    expect(await timed(`10,000 routes, ${path}`, many, path)).toEqual(rules)
  })

  it('are all required if a path is uncertain', async () => {
    const rules = await timed('10,000 routes, 64 kB of escapes', many, `/${'%61'.repeat(SIZE / 3)}`)
    expect(rules).toEqual([EVERY_RULE])
  })
})

it('a guard with very many routes by method is built in linear time', {
  tags: 'slow',
  timeout: 30_000,
}, async () => {
  const ways = ['POST ', 'PUT,PATCH ', '', 'GET ']
  const build = (routeCount: number) => {
    const keys = Array.from({ length: routeCount }, (_, index) => `${ways[index % 4]}/r${index >> 1}/x`)
    const exclude = Array.from({ length: routeCount / 10 }, (_, index) => `OPTIONS /r${index}/x`)
    const start = performance.now()
    const routes = Object.fromEntries(keys.map((key) => [key, key.replace(' ', ':')]))
    const verifier = createMandateVerifier(pathOptions(issuer.options, routes, exclude))
    return { verifier, ms: performance.now() - start }
  }
  const quarter = build(5_000)
  const { verifier, ms } = build(20_000)
  // In quadratic time it would be 16 times as long. The whole takes about a second on a quiet machine.
  expect(ms).toBeLessThan(Math.max(8 * quarter.ms, 8_000))
  const asking = (method: string, path: string) => ({ ...rawRequest(path), method }) as Request
  expect(await heldTo(verifier, asking('PATCH', '/r8000/x/y'))).toEqual(['PUT,PATCH:/r8000/x'])
  expect(await heldTo(verifier, asking('GET', '/r9999/x'))).toEqual(['GET:/r9999/x'])
  expect(await heldTo(verifier, asking('OPTIONS', '/r7/x'))).toEqual(['excluded'])
})
