// Draws all that was measured as one SVG: a panel of horizontal bars for each group, one bar for each runtime.
// @ts-check

import { machineLine } from './machine.mjs'
import { COLORS, FAINT, GRID_LINE, heading, render, rounded, TEXT } from './plot-style.mjs'
import { COLD_START_TITLES, CROWD_TITLES, MEMORY_TITLES, SIGNATURE_TITLES, STORE_TITLES } from './titles.mjs'

/**
 * @typedef {object} Panel
 * @property {string} title
 * @property {import('./titles.mjs').Titles} titles of its bars
 * @property {readonly Series[]} series
 */
/** @typedef {{ readonly name: string, readonly valueOf: (id: string) => number | undefined }} Series */

const WIDTH = 860
const LABELS_WIDTH = 292
const RIGHT = 60
const HEADER_HEIGHT = 112
const TITLE_HEIGHT = 46
const PANEL_GAP = 26
const BAR_HEIGHT = 12
const ROW_PADDING = 10

/** In this order everywhere, so that a runtime has one colour. */
const RUNTIMES = ['Node', 'workerd', 'Deno', 'Bun']

/** @param {import('./results.mjs').Results} results @returns {string} the SVG */
export function draw({ runtimes, stores }) {
  const placed = place([
    ...(runtimes ? panelsOfRuntimes(runtimes) : []),
    ...(stores ? panelsOfStores(stores) : []),
  ])
  const versions = runtimes?.results.map(({ runtime }) => runtime).join(', ') ?? ''
  const machines = [runtimes?.machine, stores?.machine].flatMap((one) => (one ? [machineLine(one)] : []))

  return render(WIDTH, placed.height, {
    legend: {
      data: RUNTIMES,
      left: 12,
      top: 82,
      icon: 'circle',
      itemWidth: 12,
      // Wide, because the width of a text is a guess where there is no browser to ask.
      itemGap: 40,
      textStyle: { color: TEXT, fontSize: 13 },
    },
    title: [
      heading(
        'What the guard costs: medians, shorter is better',
        12,
        18,
        `${[...new Set(machines)].join('; stores: ')}\n${versions}`,
      ),
      ...placed.panels.map(({ title, top }) => heading(title, top, 14)),
    ],
    grid: placed.panels.map(({ top, height }) => ({
      left: LABELS_WIDTH,
      right: RIGHT,
      top: top + TITLE_HEIGHT - 16,
      height,
    })),
    xAxis: placed.panels.map((_, gridIndex) => ({
      gridIndex,
      type: 'value',
      splitLine: { lineStyle: { color: GRID_LINE } },
      axisLabel: { show: false },
    })),
    yAxis: placed.panels.map(({ titles }, gridIndex) => ({
      gridIndex,
      type: 'category',
      inverse: true,
      data: Object.values(titles),
      axisTick: { show: false },
      axisLine: { lineStyle: { color: FAINT } },
      axisLabel: { color: TEXT, fontSize: 13, interval: 0 },
    })),
    series: placed.panels.flatMap((panel, index) =>
      panel.series.map((bars) => ({
        type: /** @type {const} */ ('bar'),
        name: bars.name,
        xAxisIndex: index,
        yAxisIndex: index,
        barWidth: BAR_HEIGHT - 2,
        barGap: '22%',
        itemStyle: { color: COLORS[RUNTIMES.indexOf(bars.name)] ?? FAINT },
        label: {
          show: true,
          position: /** @type {const} */ ('right'),
          fontSize: 10,
          color: FAINT,
          distance: 4,
        },
        data: Object.keys(panel.titles).map((id) => rounded(bars.valueOf(id))),
      })),
    ),
  })
}

/** @param {import('./results.mjs').RuntimesPart} part @returns {readonly Panel[]} */
function panelsOfRuntimes({ results, coldStarts }) {
  const series = inOrder(
    results.map(({ runtime, rows }) => ({
      name: nameOf(runtime),
      valueOf: (id) => rows.find((row) => row.id === id)?.medianUs,
    })),
  )
  const coldStart = {
    name: 'workerd',
    valueOf: (/** @type {string} */ id) => coldStarts.find((row) => row.id === id)?.medianMs,
  }
  return [
    { title: 'One signature to verify, one request at a time (µs)', titles: SIGNATURE_TITLES, series },
    { title: 'The same, 64 requests at once (µs for each)', titles: CROWD_TITLES, series },
    { title: 'No signature to verify (µs)', titles: MEMORY_TITLES, series },
    {
      title: 'From the start of an isolate to its first answer (ms)',
      titles: COLD_START_TITLES,
      series: [coldStart],
    },
  ]
}

/** @param {import('./results.mjs').StoresPart} part @returns {readonly Panel[]} */
function panelsOfStores({ results }) {
  const series = inOrder(
    results.map(({ runtime, costs }) => ({
      name: nameOf(runtime),
      valueOf: (id) => costs.find((row) => row.id === id)?.cpuUs,
    })),
  )
  const title = 'CPU of one admitted request, 64 at once (µs; in workerd with its HTTP server)'
  return [{ title, titles: STORE_TITLES, series }]
}

/** @param {string} runtime with or without its version */
function nameOf(runtime) {
  return runtime.split(' ', 1)[0] ?? runtime
}

/** @param {readonly Series[]} series */
function inOrder(series) {
  return series.toSorted((one, other) => RUNTIMES.indexOf(one.name) - RUNTIMES.indexOf(other.name))
}

/** @param {readonly Panel[]} panels */
function place(panels) {
  let top = HEADER_HEIGHT
  const placed = panels.map(withoutEmptyBars).map((panel) => {
    const height = Object.keys(panel.titles).length * (panel.series.length * BAR_HEIGHT + ROW_PADDING)
    const place = { ...panel, top, height }
    top += TITLE_HEIGHT + height + PANEL_GAP - 16
    return place
  })
  return { panels: placed, height: top }
}

/** What was not measured in any runtime is left out. @param {Panel} panel @returns {Panel} */
function withoutEmptyBars({ title, titles, series }) {
  const measured = Object.entries(titles).filter(([id]) =>
    series.some((bars) => bars.valueOf(id) !== undefined),
  )
  return { title, titles: Object.fromEntries(measured), series }
}
