// What is measured, by id, in the words of the table and the plot.
// @ts-check

/** @typedef {{ readonly [id: string]: string }} Titles */

/** Each with one signature to verify. @type {Titles} */
export const SIGNATURE_TITLES = {
  floor: 'bare crypto.subtle.verify (the floor)',
  first: 'guard, first sight of a mandate',
  forged: 'guard, refusal of a bad signature',
  jose: 'jose jwtVerify',
  fastJwt: 'fast-jwt without its cache',
  hono: 'hono verify',
}

/** The same for each of 64 that begin together. @type {Titles} */
export const CROWD_TITLES = {
  floorCrowd: 'bare crypto.subtle.verify, 64 at once',
  firstCrowd: 'guard, first sight, 64 at once',
  joseCrowd: 'jose jwtVerify, 64 at once',
}

/** Each without a signature to verify. @type {Titles} */
export const MEMORY_TITLES = {
  bare: 'bare handler, no guard',
  repeated: 'guard, repeated mandate',
  oneRoute: 'guard, repeated, 1 route',
  manyRoutes: 'guard, repeated, 1,000 routes',
  oneRouteOdd: 'guard, repeated, 1 route, odd path',
  manyRoutesOdd: 'guard, repeated, 1,000 routes, odd path',
  anonymous: 'guard, refusal without a token',
  fastJwtCached: 'fast-jwt with its cache',
}

/** From isolate to answer, in workerd. @type {Titles} */
export const COLD_START_TITLES = {
  unguarded: 'without the guard',
  inline: 'guard, keys in its configuration',
  joseInline: 'jose alone, keys at hand',
  fetched: 'guard, keys fetched from the issuer',
  joseFetched: 'jose alone, keys fetched from the issuer',
  unguardedHono: 'Hono without the guard',
  guardedHono: 'Hono with caracal(), its store not used',
}

/** One admitted request with its revocations looked up, at 64 at once. @type {Titles} */
export const STORE_TITLES = {
  memory: 'guard, store in memory',
  redis: 'guard, RedisRevocationStore over ioredis',
  shared: 'guard, UpstashRevocationStore',
  apart: 'guard, each look-up by itself',
  jose: 'jose alone, no revocations',
  joseIoredisPipelined: 'jose + ioredis, auto-pipelining',
  joseUpstash: 'jose + @upstash/redis',
  joseUpstashPipelined: 'jose + @upstash/redis, auto-pipelining',
}
