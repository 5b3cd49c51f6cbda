// Writes what is drawn: plots into a folder, or all that the checkout shows of a measurement.
// @ts-check

import { writeFile } from 'node:fs/promises'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { draw } from './plot.mjs'
import { drawGlance } from './plot-glance.mjs'
import { keepResults, PUBLISHED } from './results.mjs'

const ROOT = new URL('..', import.meta.url)

/**
 * @param {import('./results.mjs').Results} results
 * @param {URL} folder
 * @returns {Promise<readonly string[]>} the files
 */
export async function writePlots(results, folder) {
  const { stores } = results
  return [
    ...(stores ? [await write(new URL('bench.svg', folder), drawGlance(stores))] : []),
    await write(new URL('bench-full.svg', folder), draw(results)),
  ]
}

/** @param {import('./results.mjs').Results} measured @returns {Promise<readonly string[]>} the files */
export async function publish(measured) {
  const all = await keepResults(PUBLISHED, measured)
  return [inCheckout(PUBLISHED), ...(await writePlots(all, new URL('docs/', ROOT)))]
}

/** @param {URL} place @param {string} text */
async function write(place, text) {
  await writeFile(place, text)
  return inCheckout(place)
}

/** @param {URL} place */
function inCheckout(place) {
  return relative(fileURLToPath(ROOT), fileURLToPath(place))
}
