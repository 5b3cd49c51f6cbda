// Writes what is drawn: plots into a folder, or all that the checkout shows of a measurement.
// @ts-check

import { readFile, writeFile } from 'node:fs/promises'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { draw } from './plot.mjs'
import { drawGlance } from './plot-glance.mjs'
import { keepResults, PUBLISHED, readResults } from './results.mjs'
import { withTables } from './scale/report.mjs'
import { runScale } from './scale/run.mjs'

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

/**
 * Nothing is written if the results are no good for the simulation.
 *
 * @param {import('./results.mjs').Results} measured
 * @returns {Promise<readonly string[]>} the files
 */
export async function publish(measured) {
  const scale = runScale({ ...(await readResults(PUBLISHED)), ...measured })
  const all = await keepResults(PUBLISHED, measured)
  return [
    inCheckout(PUBLISHED),
    ...(await writePlots(all, new URL('docs/', ROOT))),
    ...(await writeScale(scale)),
  ]
}

/** @param {ReturnType<typeof runScale>} scale @returns {Promise<readonly string[]>} the files */
export async function writeScale({ tables, plot }) {
  const document = new URL('docs/scale.md', ROOT)
  const text = await readFile(document, 'utf8')
  return [await write(document, withTables(text, tables)), await write(new URL('docs/scale.svg', ROOT), plot)]
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
