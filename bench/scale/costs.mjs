// What each thing costs, in microseconds of CPU: taken from the published results, or assumed.
// @ts-check

/** @typedef {'known' | 'verification' | 'question' | 'lookup' | 'keyFetch' | 'keyRead' | 'isolate'} Cost */
/** @typedef {{ readonly what: string, readonly microseconds: number, readonly source: string }} Priced */

/**
 * Those of workerd, where isolates come and go. Differences, because its HTTP server is measured with it.
 *
 * @param {import('../results.mjs').Results} published
 * @returns {{ readonly [cost in Cost]: Priced }}
 */
export function costsFrom({ runtimes, stores }) {
  const rows = runtimes?.results.find(({ runtime }) => runtime.startsWith('workerd'))?.rows ?? []
  const inWorkerd = stores?.results.find(({ runtime }) => runtime === 'workerd')
  const storeCosts = (inWorkerd ?? stores?.results[0])?.costs ?? []
  const time = (/** @type {string} */ id) => must(id, rows.find((row) => row.id === id)?.medianUs)
  const store = (/** @type {string} */ id) =>
    must(
      id,
      storeCosts.find((row) => row.id === id),
    )
  const start = (/** @type {string} */ id) =>
    must(id, runtimes?.coldStarts.find((row) => row.id === id)?.medianMs)

  const differences = [
    ...[time('repeated') - time('bare'), time('first') - time('repeated')],
    store('apart').cpuUs - store('memory').cpuUs,
  ]
  if (Math.min(...differences) <= 0) {
    throw new Error('The results contradict each other, so the machine was too busy. Measure again.')
  }

  const question = store('apart').cpuUs - store('memory').cpuUs
  const shared = store('shared').cpuUs - store('memory').cpuUs
  const lookupsInQuestion = 1 / store('shared').commands
  return {
    known: {
      what: 'the guard without a signature and a look-up',
      microseconds: time('repeated') - time('bare'),
      source: 'measured as time: `repeated` − `bare`',
    },
    verification: {
      what: 'a signature',
      microseconds: time('first') - time('repeated'),
      source: 'measured as time: `first` − `repeated`',
    },
    question: {
      what: 'a question with one look-up',
      microseconds: question,
      source: 'measured as CPU: `apart` − `memory`',
    },
    lookup: {
      what: 'each further look-up in a question',
      microseconds: Math.max(0, (lookupsInQuestion * shared - question) / (lookupsInQuestion - 1)),
      source: `measured as CPU: from \`shared\` − \`memory\`, with ${lookupsInQuestion.toPrecision(3)} look-ups in each question`,
    },
    keyFetch: { what: 'a fetch of keys', microseconds: question, source: 'assumed: as a question' },
    keyRead: {
      what: 'a reading of the shared key set',
      microseconds: question,
      source: 'assumed: as a question',
    },
    isolate: {
      what: 'the guard in the start of an isolate',
      microseconds: (start('inline') - start('unguarded')) * 1_000,
      source: 'measured as time: `inline` − `unguarded`',
    },
  }
}

/** @template T @param {string} id @param {T | undefined} value @returns {T} */
function must(id, value) {
  if (value === undefined)
    throw new Error(`The published results do not have "${id}". Publish a whole run first.`)
  return value
}
