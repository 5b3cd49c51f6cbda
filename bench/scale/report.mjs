// The tables of docs/scale.md, each by the name of its place there.
// @ts-check

import { ASSUMPTIONS, WORLD } from './assumptions.mjs'
import { MOST_REMEMBERED, ROUND_TRIPS } from './scenarios.mjs'

/** @typedef {import('./costs.mjs').Priced} Priced */
/**
 * @typedef {object} Simulated
 * @property {ReturnType<typeof import('./scenarios.mjs').simulateVolumes>} volumes
 * @property {ReturnType<typeof import('./scenarios.mjs').simulateSharing>} sharing
 * @property {ReturnType<typeof import('./scenarios.mjs').simulateRemembering>} remembering
 */

/**
 * @param {{ readonly [cost: string]: Priced }} costs
 * @param {string} machine
 * @param {Simulated} simulated
 * @returns {readonly (readonly [name: string, text: string])[]}
 */
export function tablesOf(costs, machine, { volumes, sharing, remembering }) {
  return [
    ['assumptions', table(['what', 'how much', 'why'], ASSUMPTIONS)],
    [
      'costs',
      `${machine}, in workerd.\n\n${table(
        ['what', 'µs of CPU', 'where it is from'],
        Object.values(costs).map(({ what, microseconds, source }) => [what, short(microseconds), source]),
      )}`,
    ],
    [
      'demand',
      table(
        ['requests a day', 'a second', 'agents', 'mandates a day', 'isolates at a time', 'what is simulated'],
        volumes.map(({ perDay, plan }) => [
          count(perDay),
          short(perDay / WORLD.day),
          count(perDay / WORLD.taskRequests / WORLD.tasksPerAgent),
          count(perDay / WORLD.taskRequests),
          `at most ${count(plan.isolates * WORLD.regions)}`,
          simulatedPart(plan),
        ]),
      ),
    ],
    [
      'results',
      table(
        [
          ...['requests a day', 'features', 'look-ups/s', 'commands/s', 'key fetches/s'],
          ...['signatures verified', 'waits for keys, of a million', 'CPU s, of a million'],
        ],
        volumes.flatMap(({ perDay, outcomes }) =>
          outcomes.map((one, index) => [
            index === 0 ? count(perDay) : '',
            one.variant,
            short(one.lookups),
            short(one.commands),
            short(one.keyFetches),
            percent(one.verifiedShare),
            short(one.waitsInMillion),
            short(one.cpuSeconds),
          ]),
        ),
      ),
    ],
    [
      'sharing',
      table(
        ['requests/s of an isolate', ...ROUND_TRIPS.map((seconds) => `Redis ${seconds * 1000} ms away`)],
        sharing.map(({ perSecond, commands }) => [count(perSecond), ...commands.map(percent)]),
      ),
    ],
    [
      'remembering',
      table(
        ['isolates of a region', ...MOST_REMEMBERED.map((most) => `\`maxEntries: ${most}\``)],
        remembering.map(({ isolates, verified }) => [count(isolates), ...verified.map(percent)]),
      ),
    ],
  ]
}

/**
 * Replaces the tables of a document. What is around them stays.
 *
 * @param {string} document
 * @param {readonly (readonly [name: string, text: string])[]} tables
 */
export function withTables(document, tables) {
  return tables.reduce((text, [name, content]) => {
    const [begin, end] = [`<!-- ${name} -->\n`, `\n<!-- /${name} -->`]
    const [from, to] = [text.indexOf(begin), text.indexOf(end)]
    if (from < 0 || to < 0) throw new Error(`The document has no place for the table "${name}".`)
    return `${text.slice(0, from)}${begin}\n${content}\n${text.slice(to)}`
  }, document)
}

/** @param {import('./simulate.mjs').Plan} plan */
function simulatedPart({ regions, warmup, seconds }) {
  const time = seconds === WORLD.day ? 'a whole day' : `${Math.round(seconds / 60)} minutes`
  if (regions === WORLD.regions && warmup === 0) return `all regions, ${time}`
  return `${regions} of ${WORLD.regions} regions, ${time}`
}

/** @param {readonly string[]} head @param {readonly (readonly string[])[]} rows */
function table(head, rows) {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** @param {number} value */
function count(value) {
  return Number(value.toPrecision(3)).toLocaleString('en')
}

/** Simulated and measured: two digits are as exact as this gets. @param {number} value */
function short(value) {
  const rounded = Number(value.toPrecision(value >= 100 ? 3 : 2))
  return rounded.toLocaleString('en', { maximumFractionDigits: 3 })
}

/** @param {number} share */
function percent(share) {
  return `${Number((share * 100).toPrecision(share >= 0.1 ? 3 : 2))} %`
}
