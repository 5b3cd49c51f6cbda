// Mistakes in `keySet`, and what the error says about them.

import type { Mistake } from '../support/mistake.ts'

export const KEY_SET_MISTAKES: readonly Mistake[] = [
  { options: { keySet: null }, says: ['keySet', 'must be an object, not null'] },
  { options: { keySet: 'https://hunter2.test' }, says: ['keySet', 'must be an object, not a string'] },
  { options: { keySet: undefined }, says: ['keySet is undefined'] },
  { options: { keySet: { uri: 'hunter2' } }, says: ['"uri"', 'keySet', 'Did you mean "url"?'] },
  { options: { keySet: { url: 'hunter2' } }, says: ['keySet.url', 'a complete URL', 'https://'] },
  { options: { keySet: { url: '/hunter2' } }, says: ['keySet.url', 'a complete URL'] },
  { options: { keySet: { url: 7777 } }, says: ['keySet.url', 'must be a string, not a number'] },
  { options: { keySet: { url: '' } }, says: ['keySet.url', 'must not be empty'] },
  { options: { keySet: { url: undefined } }, says: ['keySet.url is undefined'] },
  { options: { keySet: { url: new URL('https://hunter2.test') } }, says: ['keySet.url', 'must be a string'] },
  { options: { keySet: { url: 'http://hunter2.test/jwks' } }, says: ['keySet.url', 'https:', 'localhost'] },
  { options: { keySet: { url: 'ftp://hunter2.test/jwks' } }, says: ['keySet.url', 'https://'] },
  {
    options: { keySet: { url: 'https://u:hunter2@sts.test' } },
    says: ['keySet.url', 'user name or password'],
  },
  { options: { keySet: { url: 'https://sts.test/jwks#hunter2' } }, says: ['keySet.url', 'a fragment'] },
  {
    options: { keySet: { url: 'https://sts.test/jwks?zone_id=hunter2' } },
    says: ['keySet.url', 'zone_id', 'not the one zone that is configured'],
  },
  {
    options: { keySet: { url: 'https://sts.test/jwks?zone%5Fid=hunter2' } },
    says: ['keySet.url', 'zone_id'],
  },
  { options: { keySet: { url: 'https://sts.test/jwks?zone_id=' } }, says: ['keySet.url', 'zone_id'] },
  {
    options: { keySet: { url: 'https://sts.test/jwks?zone_id=zone-1&zone_id=zone-1' } },
    says: ['keySet.url', 'zone_id'],
  },
  {
    options: {
      expectedZoneId: ['zone-1', 'zone-2'],
      keySet: { url: 'https://sts.test/jwks?zone_id=zone-1' },
    },
    says: ['keySet.url', 'leave zone_id out'],
  },
  {
    options: {
      routes: { '/x': { expectedZoneId: 'zone-2' } },
      keySet: { url: 'https://sts.test/jwks?zone_id=zone-1' },
    },
    says: ['keySet.url', 'leave zone_id out'],
  },
  {
    options: {
      routes: { '/x': { issuer: 'https://hunter2.test' } },
      keySet: { url: 'https://sts.test/jwks' },
    },
    says: ['keySet.url', 'one issuer', 'several'],
  },
  { options: { keySet: { max_age_ms: 7777 } }, says: ['"max_age_ms"', 'Did you mean "maxAgeMs"?'] },
  { options: { keySet: { cache: 'hunter2' } }, says: ['keySet.cache', '`get` and `put`', 'not a string'] },
  { options: { keySet: { cache: true } }, says: ['keySet.cache', 'workersKeySetCache', 'not a boolean'] },
  { options: { keySet: { cache: null } }, says: ['keySet.cache', 'not null'] },
  { options: { keySet: { cache: undefined } }, says: ['keySet.cache is undefined'] },
  { options: { keySet: { cache: new Map() } }, says: ['keySet.cache', 'not a Map'] },
  {
    options: { keySet: { cache: { get: () => 'hunter2' } } },
    says: ['keySet.cache', '`put`', 'not an object'],
  },
  { options: { keySet: { cache: { get: 'hunter2', put() {} } } }, says: ['keySet.cache', '`get`'] },
  { options: { keySet: { cache: () => 'hunter2' } }, says: ['keySet.cache', 'not a function'] },
  {
    options: {
      keySet: { jwks: { keys: [{ kty: 'EC', crv: 'P-256', kid: 'k' }] }, cache: { get() {}, put() {} } },
    },
    says: ['keySet.cache', 'no effect with keySet.jwks'],
  },
  { options: { keySet: { fetch: 'hunter2' } }, says: ['keySet.fetch', 'must be a function, not a string'] },
  { options: { keySet: { fetch: undefined } }, says: ['keySet.fetch is undefined'] },
  { options: { keySet: { maxAgeMs: -7777 } }, says: ['keySet.maxAgeMs', 'milliseconds, 0 or more'] },
  { options: { keySet: { maxAgeMs: '7777' } }, says: ['keySet.maxAgeMs', 'not a string'] },
  { options: { keySet: { maxAgeMs: Number.NaN } }, says: ['keySet.maxAgeMs', 'milliseconds'] },
  { options: { keySet: { maxStaleMs: -1 } }, says: ['keySet.maxStaleMs', 'milliseconds, 0 or more'] },
  { options: { keySet: { maxStaleMs: Number.POSITIVE_INFINITY } }, says: ['keySet.maxStaleMs'] },
  { options: { keySet: { cooldownMs: 0.5 } }, says: ['keySet.cooldownMs', 'milliseconds, 0 or more'] },
  {
    options: { keySet: { timeoutMs: 0 } },
    says: ['keySet.timeoutMs', 'milliseconds, 50 or more', 'is it in seconds?'],
  },
  { options: { keySet: { timeoutMs: '7777' } }, says: ['keySet.timeoutMs', 'not a string'] },
  { options: { keySet: { jwks: null } }, says: ['keySet.jwks', '{ keys: […] }', 'not null'] },
  { options: { keySet: { jwks: 'hunter2' } }, says: ['keySet.jwks', '{ keys: […] }', 'not a string'] },
  { options: { keySet: { jwks: [] } }, says: ['keySet.jwks', '{ keys: […] }', 'not a list'] },
  { options: { keySet: { jwks: { keys: {} } } }, says: ['keySet.jwks', '{ keys: […] }'] },
  { options: { keySet: { jwks: { keys: [] } } }, says: ['keySet.jwks', 'no EC key on P-256 with a kid'] },
  {
    options: { keySet: { jwks: { keys: [{ kty: 'RSA', kid: 'hunter2' }] } } },
    says: ['keySet.jwks', 'no EC key'],
  },
  {
    options: { keySet: { jwks: { keys: [{ kty: 'EC', crv: 'P-384', kid: 'hunter2' }] } } },
    says: ['keySet.jwks', 'no EC key on P-256'],
  },
  {
    options: { keySet: { jwks: { keys: [{ kty: 'EC', crv: 'P-256' }] } } },
    says: ['keySet.jwks', 'with a kid'],
  },
  {
    options: { keySet: { jwks: { keys: [{ kty: 'EC', crv: 'P-256', kid: '' }] } } },
    says: ['keySet.jwks', 'with a kid'],
  },
  {
    options: { keySet: { jwks: { keys: [{ kty: 'EC', crv: 'P-256', kid: 'k' }, null] } } },
    says: ['keySet.jwks', 'not an object'],
  },
  {
    options: { keySet: { jwks: { keys: [{ kty: 'EC', crv: 'P-256', kid: 'k' }, 'hunter2'] } } },
    says: ['keySet.jwks', 'not an object'],
  },
  {
    options: { keySet: { jwks: { keys: [{ kty: 'EC', crv: 'P-256', kid: 'k', d: 'hunter2' }] } } },
    says: ['keySet.jwks', 'private key', 'public'],
  },
  {
    options: { keySet: { jwks: { keys: [{ kty: 'EC', crv: 'P-256', kid: 'k', n: 7777n }] } } },
    says: ['keySet.jwks', 'cannot be written as JSON'],
  },
  {
    options: { keySet: { jwks: { keys: [{ kty: 'EC', crv: 'P-256', kid: 'k' }] }, maxAgeMs: 7777 } },
    says: ['keySet.maxAgeMs', 'no effect with keySet.jwks'],
  },
  {
    options: {
      keySet: { jwks: { keys: [{ kty: 'EC', crv: 'P-256', kid: 'k' }] }, url: 'https://hunter2.test' },
    },
    says: ['keySet.url', 'no effect with keySet.jwks'],
  },
  {
    options: { keySet: { jwks: { keys: [{ kty: 'EC', crv: 'P-256', kid: 'k' }] }, fetch: () => undefined } },
    says: ['keySet.fetch', 'no effect with keySet.jwks'],
  },
]
