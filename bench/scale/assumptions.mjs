// What the simulation takes for granted. Nothing here is measured, except the length of a mandate.
// @ts-check

const DAY = 86_400

/** Times are in seconds. */
export const WORLD = /** @type {const} */ ({
  regions: 100,
  isolateRequestsPerSecond: 200,
  isolateLife: 1_800,
  isolateIdle: 120,
  taskRequests: 30,
  taskGap: 5,
  tasksPerAgent: 20,
  mandateLife: 900,
  maxEntries: 1_000,
  mandateCharacters: 906,
  maxCharacters: 4_194_304,
  roundTripLeast: 0.015,
  roundTripMore: 0.005,
  questionsUnderWay: 3,
  lookupsInQuestion: 100,
  placeWait: 0.05,
  keyFetch: 0.1,
  cacheRead: 0.01,
  maxAge: 300,
  aheadFrom: 0.8,
  aheadSpread: 0.1,
  cooldown: 30,
  rotationsPerDay: 1,
  day: DAY,
})
/** @typedef {{ readonly [name in keyof typeof WORLD]: number }} World */

/** Each row of the table of assumptions: what, how much, and why so. */
export const ASSUMPTIONS = /** @type {readonly (readonly [string, string, string])[]} */ ([
  [
    'regions',
    `${WORLD.regions}, all with the same traffic, even over the day`,
    'as a platform with many cities',
  ],
  [
    'requests that an isolate takes',
    `${WORLD.isolateRequestsPerSecond} a second; a region has as many isolates as that needs`,
    'platforms do not say; see the second and third table of results',
  ],
  [
    'which isolate gets a request',
    'any of its region, at random',
    'the worst case: a mandate visits all isolates',
  ],
  [
    'life of an isolate',
    `${WORLD.isolateLife / 60} minutes on average, or ${WORLD.isolateIdle} s without a request`,
    'platforms do not say',
  ],
  [
    'task of an agent',
    `${WORLD.taskRequests} requests on average, ${WORLD.taskGap} s apart on average, in one region`,
    'a model thinks between two calls',
  ],
  ['tasks of an agent', `${WORLD.tasksPerAgent} a day`, 'gives the number of agents, nothing else'],
  [
    'mandate',
    `one for each task, ${WORLD.mandateLife / 60} minutes long, then a new one; ${WORLD.mandateCharacters} characters`,
    'what the STS issues',
  ],
  [
    'remembered signatures',
    `${WORLD.maxEntries.toLocaleString('en')} for each isolate, with at most ${WORLD.maxCharacters.toLocaleString('en')} characters`,
    'the default of `verifiedTokenCache`',
  ],
  [
    'round trip to Redis',
    `${WORLD.roundTripLeast * 1000} ms, and ${WORLD.roundTripMore * 1000} ms more on average`,
    'a database in the same part of the world',
  ],
  [
    'shared questions',
    `${WORLD.questionsUnderWay} under way for each isolate, ${WORLD.lookupsInQuestion} look-ups in one, a wait of ${WORLD.placeWait * 1000} ms at most`,
    'the rules of the guard on Workers',
  ],
  ['fetch of a key set', `${WORLD.keyFetch * 1000} ms`, 'one STS for the whole world'],
  [
    'reading of the shared key set',
    `${WORLD.cacheRead * 1000} ms, one cache for each region`,
    'a cache nearby',
  ],
  [
    'age of a key set',
    `${WORLD.maxAge} s; refreshed ahead from ${WORLD.aheadFrom * 100} to ${Math.round((WORLD.aheadFrom + WORLD.aheadSpread) * 100)} % of it, another share each time`,
    'the default of `maxAgeMs`',
  ],
  [
    'rotation of keys',
    `${WORLD.rotationsPerDay} a day, at once for all new mandates`,
    'more often than is usual',
  ],
  ['zones', 'one', 'with more, each has its own key fetches'],
  ['failures', 'none: no outage, no abort, no refused request', 'other tests bring them about'],
])
