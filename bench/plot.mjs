// Draws what was measured as one SVG: a panel of horizontal bars for each group, one bar for each runtime.
// @ts-check

import { init } from 'echarts'
import { COLD_START_TITLES, CROWD_TITLES, MEMORY_TITLES, SIGNATURE_TITLES } from './titles.mjs'

/**
 * @typedef {object} Panel
 * @property {string} title
 * @property {import('./titles.mjs').Titles} titles of its bars
 * @property {readonly { readonly name: string, readonly valueOf: (id: string) => number | undefined }[]} series
 */

const WIDTH = 860
const LABELS_WIDTH = 292
const RIGHT = 60
const HEADER_HEIGHT = 96
const TITLE_HEIGHT = 46
const PANEL_GAP = 26
const BAR_HEIGHT = 12
const ROW_PADDING = 10

/** Of the Okabe-Ito palette, which people tell apart whatever colours they see. */
const COLORS = ['#009e73', '#e69f00', '#0072b2', '#cc79a7']
/** Light behind the dark text, so that a dark page does not swallow it. */
const BACKGROUND = '#ffffff'
const TEXT = '#1f2328'
const FAINT = '#59636e'

/**
 * @param {object} measured
 * @param {string} measured.machine
 * @param {readonly { runtime: string, rows: readonly import('./interleave.mjs').Row[] }[]} measured.results
 * @param {readonly import('./cold-start.mjs').ColdStart[]} measured.coldStarts
 * @returns {string} the SVG
 */
export function draw({ machine, results, coldStarts }) {
  const series = results.map(({ runtime, rows }) => ({
    name: runtime,
    valueOf: (/** @type {string} */ id) => rows.find((row) => row.id === id)?.medianUs,
  }))
  const workerd = {
    name: series.find(({ name }) => name.startsWith('workerd'))?.name ?? 'workerd',
    valueOf: (/** @type {string} */ id) => coldStarts.find((row) => row.id === id)?.medianMs,
  }
  /** @type {readonly Panel[]} */
  const panels = [
    { title: 'One signature to verify, one request at a time (µs)', titles: SIGNATURE_TITLES, series },
    { title: 'The same, 64 requests at once (µs for each)', titles: CROWD_TITLES, series },
    { title: 'No signature to verify (µs)', titles: MEMORY_TITLES, series },
    {
      title: 'From the start of an isolate to its first answer (ms)',
      titles: COLD_START_TITLES,
      series: [workerd],
    },
  ]
  const placed = place(panels)
  const names = series.map(({ name }) => name)

  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: placed.height })
  chart.setOption({
    animation: false,
    backgroundColor: BACKGROUND,
    color: COLORS,
    textStyle: { fontFamily: 'sans-serif', color: TEXT },
    legend: {
      data: names,
      left: 12,
      top: 62,
      icon: 'circle',
      itemWidth: 12,
      // Wide, because the width of a text is a guess where there is no browser to ask.
      itemGap: 40,
      textStyle: { color: TEXT, fontSize: 13 },
    },
    title: [
      heading('What the guard costs: medians, shorter is better', 12, 18, machine),
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
      splitLine: { lineStyle: { color: '#e4e8ec' } },
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
        type: 'bar',
        name: bars.name,
        xAxisIndex: index,
        yAxisIndex: index,
        barWidth: BAR_HEIGHT - 2,
        barGap: '22%',
        itemStyle: { color: COLORS[names.indexOf(bars.name)] },
        label: { show: true, position: 'right', fontSize: 10, color: FAINT, distance: 4 },
        data: Object.keys(panel.titles).map((id) => rounded(bars.valueOf(id))),
      })),
    ),
  })
  const svg = chart.renderToSVGString()
  chart.dispose()
  return svg
}

/** @param {readonly Panel[]} panels */
function place(panels) {
  let top = HEADER_HEIGHT
  const placed = panels.map((panel) => {
    const height = Object.keys(panel.titles).length * (panel.series.length * BAR_HEIGHT + ROW_PADDING)
    const place = { ...panel, top, height }
    top += TITLE_HEIGHT + height + PANEL_GAP - 16
    return place
  })
  return { panels: placed, height: top }
}

/** @param {string} text @param {number} top @param {number} fontSize @param {string} subtext */
function heading(text, top, fontSize, subtext = '') {
  return {
    text,
    subtext,
    left: 12,
    top,
    textStyle: { fontSize, color: TEXT },
    subtextStyle: { fontSize: 12, color: FAINT },
  }
}

/** Three digits are as exact as this gets. What does not run has no bar. @param {number | undefined} value */
function rounded(value) {
  return value === undefined ? '-' : Number(value.toPrecision(3))
}
