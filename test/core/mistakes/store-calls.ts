// Mistakes in calls of the stores, of what fills them, and of the test issuer.

import { InMemoryRevocationStore } from 'caracal-edge'
import { RedisRevocationStore } from 'caracal-edge/redis'
import { createTestIssuer } from 'caracal-edge/testing'
import { syncRevocations, UpstashRevocationStore } from 'caracal-edge/upstash'
import { isWorkerd } from '../support/upgrade.ts'
import { type NewcomersMistake, revocations, UPSTASH, untyped, VALUE } from './attempt.ts'

export const STORE_CALL_MISTAKES: readonly NewcomersMistake[] = [
  {
    title: 'lookup: an id in place of a query',
    make: () => untyped(new InMemoryRevocationStore()).lookup(VALUE),
    says: ['lookup takes one query, { anchors: [sid, …], zoneId }, with a list of anchors, not a string'],
  },
  {
    title: 'lookup: one anchor in place of a list',
    make: () => untyped(UpstashRevocationStore.fromEnv(UPSTASH)).lookup({ anchors: VALUE }),
    says: ['lookup takes one query', 'with a list of anchors, not an object'],
  },
  {
    title: 'a store with an option of another name',
    make: () => new InMemoryRevocationStore(untyped({ ttl: 3_600_000 })),
    says: ['Unknown option "ttl". Did you mean "defaultTtlMs"?'],
  },
  {
    title: 'a store that forgets in seconds',
    make: () => new InMemoryRevocationStore({ defaultTtlMs: 900 }),
    says: ['defaultTtlMs', 'milliseconds, not seconds', '900000'],
  },
  {
    title: 'markRevoked: a whole mandate',
    make: async () => revocations.markRevoked(await createTestIssuer().mint()),
    says: ['anchorId is a whole mandate', 'pass its sid'],
  },
  {
    title: 'markRevoked: a mandate that was verified',
    make: () => untyped(revocations).markRevoked({ sid: VALUE }),
    says: ['anchorId must be a non-empty string, not an object'],
  },
  {
    title: 'Upstash: a prefix from a variable that is not set',
    make: () =>
      new UpstashRevocationStore({ url: 'https://hunter2.test', token: VALUE, keyPrefix: 'undefined' }),
    says: ['keyPrefix is what a template makes of a value that is not text'],
  },
  {
    title: 'markRevoked: a time as text',
    make: () => revocations.markRevoked('sid', untyped('1h')),
    says: ['ttlMs must be a whole number of milliseconds'],
  },
  {
    title: 'Upstash: the address of Redis itself',
    make: () =>
      new UpstashRevocationStore({ url: `rediss://default:${VALUE}@eu1.upstash.io:6379`, token: VALUE }),
    says: [
      'url must begin with https://',
      'rediss:// are for clients over TCP',
      'REST URL',
      'RedisRevocationStore',
    ],
  },
  {
    title: 'Upstash: REDIS_URL as the variable',
    make: () => UpstashRevocationStore.fromEnv({ ...UPSTASH, UPSTASH_REDIS_REST_URL: `redis://${VALUE}` }),
    says: ['UPSTASH_REDIS_REST_URL must begin with https://', 'REST URL'],
  },
  {
    title: 'Upstash: the environment in the constructor',
    make: () => new UpstashRevocationStore(untyped(UPSTASH)),
    says: [
      '"UPSTASH_REDIS_REST_URL" is the name of a variable',
      'url is missing: set the option, or use fromEnv()',
    ],
  },
  {
    title: 'Upstash: options in fromEnv',
    make: () => UpstashRevocationStore.fromEnv({ url: 'https://hunter2.test', token: VALUE }),
    says: ['fromEnv was given url and token', 'new UpstashRevocationStore({ url, token })'],
  },
  {
    title: 'Upstash: text in fromEnv',
    make: () => UpstashRevocationStore.fromEnv(untyped('https://hunter2.test')),
    says: ['fromEnv must be given the environment, an object, not a string'],
  },
  {
    title: 'Upstash: an empty environment',
    make: () => UpstashRevocationStore.fromEnv({}),
    says: ['UPSTASH_REDIS_REST_URL is not set', 'UPSTASH_REDIS_REST_TOKEN is not set'],
  },
  {
    title: 'Upstash: a token of the Secrets Store',
    make: () =>
      UpstashRevocationStore.fromEnv({ ...UPSTASH, UPSTASH_REDIS_REST_TOKEN: { get: async () => VALUE } }),
    says: ['UPSTASH_REDIS_REST_TOKEN must be a string', 'Secrets Store (await its get()'],
  },
  {
    title: 'Redis: a client in place of a function',
    make: () => new RedisRevocationStore(untyped({ command: {} })),
    says: ['command must be a function, not an object'],
  },
  {
    title: 'Redis: a client in place of the options',
    make: () => new RedisRevocationStore(untyped(new (class Redis {})())),
    says: ['the options must be an object, not an instance of a class Redis'],
  },
  ...(isWorkerd
    ? []
    : [
        {
          title: 'Redis: words in place of a list',
          make: () =>
            new RedisRevocationStore({
              command: untyped(async (name: string, ...args: string[]) => [name.toUpperCase(), ...args]),
            }).lookup({ anchors: [VALUE], zoneId: undefined }),
          says: ['the request to Redis failed (TypeError: command is called with one list and without this'],
        },
        {
          title: 'Redis: a method without its client',
          make: () =>
            new RedisRevocationStore({
              command: untyped(function (this: { call(): unknown }) {
                return this.call()
              }),
            }).lookup({ anchors: [VALUE], zoneId: undefined }),
          says: ['([name, ...args]) => client.call(name, ...args)'],
        },
      ]),
  {
    title: 'Redis: the name of a client',
    make: () => new RedisRevocationStore(untyped({ client: {} })),
    says: ['Unknown option "client". Did you mean "command"?'],
  },
  {
    title: 'syncRevocations: the environment itself',
    make: () => syncRevocations(untyped({ ...UPSTASH, STREAMS_HMAC_KEY: 'ab'.repeat(32) })),
    says: ['is the name of a variable, not of an option. Pass the environment as the option env'],
  },
  {
    title: 'syncRevocations: no stream key',
    make: () => syncRevocations({ env: UPSTASH }),
    says: ['STREAMS_HMAC_KEY is not set', 'the option hmacKey', "or set unsignedStreams: 'accept'"],
  },
  {
    title: 'syncRevocations: a stream key in base64',
    make: () => syncRevocations({ env: UPSTASH, hmacKey: 'aHVudGVyMg==' }),
    says: ['hmacKey must be 32 bytes or more in hexadecimal'],
  },
  {
    title: 'syncRevocations: the name of the key',
    make: () => syncRevocations(untyped({ env: UPSTASH, secret: VALUE })),
    says: ['Unknown option "secret". Did you mean "hmacKey"?'],
  },
  {
    title: 'mint: a claim among the departures',
    make: () => createTestIssuer().mint(untyped({ sub: VALUE })),
    says: ['Unknown option "sub" in mint', 'Claims go under claims: mint({ claims: {'],
  },
  {
    title: 'createTestIssuer: another name',
    make: () => createTestIssuer(untyped({ zone_id: VALUE })),
    says: ['Did you mean "zoneId"?'],
  },
  {
    title: 'rotate: another name',
    make: () => untyped(createTestIssuer()).rotate({ retire: true }),
    says: ['Unknown option "retire" in rotate'],
  },
  {
    title: 'rotate: a text in place of true',
    make: () => untyped(createTestIssuer()).rotate({ retirePrevious: VALUE }),
    says: ['rotate.retirePrevious must be true or false, not a string'],
  },
  {
    title: 'revoke: an id in place of a mandate',
    make: () => createTestIssuer().revoke(VALUE),
    says: ['revoke takes a whole mandate with a sid', 'revocations.markRevoked(id)'],
  },
]
