// `keySet.url`: where the key set is reached, if that is elsewhere than the issuer says.

import { createMandateVerifier } from 'caracal-edge'
import { describe, expect, it } from 'vitest'
import { scriptedIssuer, verdict } from '../support/scripted-issuer.ts'

describe('the key set is fetched from', () => {
  it.each([
    { url: 'https://keys.test/jwks.json', fetched: 'https://keys.test/jwks.json?zone_id=zone%2F1' },
    { url: 'https://keys.test', fetched: 'https://keys.test/?zone_id=zone%2F1' },
    { url: 'https://keys.test/a/', fetched: 'https://keys.test/a/?zone_id=zone%2F1' },
    { url: 'https://keys.test/jwks?', fetched: 'https://keys.test/jwks?zone_id=zone%2F1' },
    {
      url: 'https://keys.test/jwks?a=b%20c+d&',
      fetched: 'https://keys.test/jwks?a=b%20c+d&zone_id=zone%2F1',
    },
    { url: 'https://keys.test/jwks?a=b', fetched: 'https://keys.test/jwks?a=b&zone_id=zone%2F1' },
    {
      url: 'https://keys.test/jwks?zone_ids=x',
      fetched: 'https://keys.test/jwks?zone_ids=x&zone_id=zone%2F1',
    },
    { url: 'https://keys.test/jwks?zone_id=zone/1', fetched: 'https://keys.test/jwks?zone_id=zone/1' },
    {
      url: 'https://keys.test/jwks?zone%5fid=zone%2f1&a',
      fetched: 'https://keys.test/jwks?zone%5fid=zone%2f1&a',
    },
    { url: 'HTTPS://Keys.test:443/x', fetched: 'https://keys.test/x?zone_id=zone%2F1' },
    { url: 'http://127.0.0.1:8080/x', fetched: 'http://127.0.0.1:8080/x?zone_id=zone%2F1' },
    { url: undefined, fetched: 'https://sts.test/.well-known/jwks.json?zone_id=zone%2F1' },
  ])('$url as $fetched', async ({ url, fetched }) => {
    const issuer = scriptedIssuer({ zoneId: 'zone/1' })
    const guard = issuer.guard({ keySet: url === undefined ? {} : { url } })
    expect(await verdict(guard, await issuer.mint())).toBe('admit')
    expect(issuer.requests.map((request) => request.url)).toEqual([fetched])
  })
})

describe('the issuer of a mandate stays that of the option', () => {
  it('and not the place of its keys', async () => {
    const issuer = scriptedIssuer()
    const guard = issuer.guard({ keySet: { url: 'https://keys.test/jwks' } })
    expect(await verdict(guard, await issuer.mint({ claims: { iss: 'https://keys.test' } }))).toBe(
      'wrong_issuer',
    )
    expect(await verdict(guard, await issuer.mint({ claims: { iss: `${issuer.issuer}//` } }))).toBe('admit')
  })
})

describe('with several zones', () => {
  it('each zone has its own set there, and its keys sign for no other', async () => {
    const [a, b] = [scriptedIssuer({ zoneId: 'zone-a' }), scriptedIssuer({ zoneId: 'zone-b' })]
    a.answer(async (url) => Response.json(await (url.endsWith('zone_id=zone-b') ? b : a).jwks()))
    const guard = a.guard({ expectedZoneId: ['zone-a', 'zone-b'], keySet: { url: 'https://keys.test/jwks' } })
    expect(await verdict(guard, await b.mint())).toBe('admit')
    expect(await verdict(guard, await a.mint())).toBe('admit')
    expect(a.requests.map(({ url }) => url)).toEqual([
      'https://keys.test/jwks?zone_id=zone-b',
      'https://keys.test/jwks?zone_id=zone-a',
    ])
    expect(await verdict(guard, await a.mint({ claims: { zone_id: 'zone-b' } }))).toBe('unknown_key')
  })
})

it('two guards of one issuer and zone, one of which has a URL, do not share a key set', async () => {
  const issuer = scriptedIssuer()
  await issuer.guard({}).warmup()
  await issuer.guard({ keySet: { url: 'https://keys.test/jwks' } }).warmup()
  await issuer.guard({ keySet: { url: 'https://keys.test/jwks' } }).warmup()
  expect(issuer.requests).toHaveLength(2)
})

it('two issuers may have one URL, and each guard takes only its own mandates', async () => {
  const issuer = scriptedIssuer()
  const keySet = { fetch: issuer.fetch, url: 'https://keys.test/shared' }
  const other = createMandateVerifier({ ...issuer.options, issuer: 'https://other.test', keySet })
  const own = createMandateVerifier({ ...issuer.options, keySet })
  const token = await issuer.mint()
  expect([await verdict(own, token), await verdict(other, token)]).toEqual(['admit', 'wrong_issuer'])
})
