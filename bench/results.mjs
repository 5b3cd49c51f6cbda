// Where results are kept: of every run in bench/results, which git ignores; the published ones in the checkout.
// @ts-check

import { mkdir, readFile, writeFile } from 'node:fs/promises'

/**
 * @typedef {object} RuntimesPart
 * @property {import('./machine.mjs').Machine} machine
 * @property {readonly { readonly runtime: string, readonly rows: readonly import('./interleave.mjs').Row[] }[]} results
 * @property {readonly import('./cold-start.mjs').ColdStart[]} coldStarts
 */
/**
 * @typedef {object} StoresPart
 * @property {import('./machine.mjs').Machine} machine
 * @property {readonly import('./store.mjs').StoreResults[]} results
 */
/** @typedef {{ readonly runtimes?: RuntimesPart, readonly stores?: StoresPart }} Results */

const HERE = new URL('.', import.meta.url)
export const LATEST = new URL('results/latest.json', HERE)
export const PUBLISHED = new URL('published.json', HERE)

/** @param {URL} place @returns {Promise<Results>} */
export async function readResults(place) {
  const text = await readFile(place, 'utf8').catch((error) => {
    if (error.code === 'ENOENT') return '{}'
    throw error
  })
  return JSON.parse(text)
}

/**
 * Keeps the parts that were measured. Those that were not stay as they are.
 *
 * @param {URL} place
 * @param {Results} measured
 * @returns {Promise<Results>} all parts
 */
export async function keepResults(place, measured) {
  const all = { ...(await readResults(place)), ...measured }
  await mkdir(new URL('.', place), { recursive: true })
  await writeFile(place, `${JSON.stringify(all, undefined, 2)}\n`)
  return all
}
