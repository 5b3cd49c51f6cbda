// Rules by method: the longest prefix that has a key for the method, and there the key that names it.

import { createMandateVerifier } from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { describe, expect, it } from 'vitest'
import { EVERY_RULE, heldTo, notAskedOf, pathOptions } from '../support/path-rules.ts'
import { anonymous, bearer, rawRequest } from '../support/requests.ts'
import { METHOD_TABLES } from './method-tables.ts'

/** Methods that no `Request` takes, or changes, or that some runtimes do not know. */
function requestsOf(method: string, path: string): readonly Request[] {
  const raw = { ...rawRequest(path), method } as Request
  return /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|PROPFIND)$/.test(method)
    ? [raw, anonymous(path, { method })]
    : [raw]
}

describe.each(METHOD_TABLES)('$title:', ({ routes = {}, exclude = [], exactly, atLeast = {} }) => {
  const verifier = createMandateVerifier(pathOptions(createTestIssuer().options, routes, exclude))
  const split = (line: string) =>
    [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)] as const

  it.each(Object.entries(exactly))('%s must meet %s', async (line, rules) => {
    for (const request of requestsOf(...split(line))) {
      expect([...(await heldTo(verifier, request))].sort()).toEqual(rules.split(' ').sort())
    }
  })

  it.each(Object.entries(atLeast))('%s must meet %s at least', async (line, rules) => {
    for (const request of requestsOf(...split(line))) {
      const asked = await heldTo(verifier, request)
      if (rules === EVERY_RULE || rules === 'excluded') expect(asked).toEqual([rules])
      else expect(notAskedOf(asked, rules.split(' '))).toEqual([])
    }
  })
})

describe('a value that is not a method', () => {
  const options = pathOptions(createTestIssuer().options, { 'POST /a': 'post', '/a': 'a' }, ['GET /health'])
  const verifier = createMandateVerifier(options)

  it.each(
    [
      undefined,
      null,
      '',
      ' ',
      'GET ',
      ' GET',
      'GET\n',
      'GET,POST',
      'GÈT',
      'GET\0',
      7,
      {},
      ['GET'],
      () => 'GET',
    ].map((method) => ({ method, title: JSON.stringify(method) ?? typeof method })),
  )('$title meets every rule and excludes nothing', async ({ method }) => {
    for (const path of ['/a', '/health', '/x']) {
      const request = { ...rawRequest(path), method } as unknown as Request
      expect(await heldTo(verifier, request)).toEqual([EVERY_RULE])
    }
  })

  it('meets every rule where reading it throws', async () => {
    const request = Object.defineProperty({ ...rawRequest('/health') }, 'method', {
      get: () => {
        throw new Error('no method')
      },
    })
    expect(await heldTo(verifier, request)).toEqual([EVERY_RULE])
  })

  it('is not read where no key names a method', async () => {
    const plain = createMandateVerifier(pathOptions(createTestIssuer().options, { '/a': 'a' }, ['/health']))
    const { url, headers } = rawRequest('/a')
    expect(await heldTo(plain, { url, headers } as Request)).toEqual(['a'])
  })
})

it('what a Request makes of a method counts: get is GET, patch is not PATCH', async () => {
  const options = pathOptions(createTestIssuer().options, { 'GET /a': 'get', 'PATCH /a': 'patch' }, [])
  const verifier = createMandateVerifier(options)
  expect(await heldTo(verifier, anonymous('/a', { method: 'get' }))).toEqual(['get'])
})

it('a mandate for one method does not do for another', async () => {
  const service = createTestIssuer()
  const routes = { 'POST /payouts': 'post', '/payouts': 'any' }
  const verifier = createMandateVerifier(pathOptions(service.options, routes, []))
  const outcomes = async (scope: string) => {
    const mandate = await service.mint({ scopes: [scope] })
    const methods = ['GET', 'HEAD', 'POST', 'PUT']
    const decisions = methods.map((method) => verifier.authorize(bearer(mandate, '/payouts', { method })))
    return (await Promise.all(decisions)).map(({ outcome }) => outcome)
  }
  expect(await outcomes('post')).toEqual(['deny', 'deny', 'admit', 'deny'])
  expect(await outcomes('any')).toEqual(['admit', 'admit', 'deny', 'admit'])
})

it('with requirements, a path that is excluded for the method meets the rule of the guard', async () => {
  const service = createTestIssuer()
  const verifier = createMandateVerifier(pathOptions(service.options, { '/a': 'a' }, ['GET /a']))
  const decision = await verifier.authorize(anonymous('/a'), {})
  expect(decision).toMatchObject({ outcome: 'deny', requiredScopes: ['default'] })
})

it('a path that cannot be told meets the rules of all methods', async () => {
  const service = createTestIssuer()
  const routes = { 'POST /a': 'post', 'DELETE /a': 'delete', '/a': 'a' }
  const verifier = createMandateVerifier(pathOptions(service.options, routes, ['GET /health']))
  const decide = async (scopes: readonly string[]) =>
    (await verifier.authorize(rawRequest('/health/...', await service.mint({ scopes })))).outcome
  expect(await decide(['default', 'post', 'delete', 'a'])).toBe('admit')
  for (const missing of ['default', 'post', 'delete', 'a']) {
    expect(await decide(['default', 'post', 'delete', 'a'].filter((scope) => scope !== missing))).toBe('deny')
  }
})
