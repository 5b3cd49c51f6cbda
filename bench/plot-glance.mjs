// The plot of the README: what one admitted request costs, with and without Redis, beside what else one would build.
// @ts-check

import { machineLine } from './machine.mjs'
import { COLORS, FAINT, heading, render, rounded, TEXT } from './plot-style.mjs'

const WIDTH = 860
const LABELS_WIDTH = 330
const BAR_HEIGHT = 30
const ROW_HEIGHT = 46
const TOP = 124

/** Bars in groups, by id of what was measured. */
const ROWS = /** @type {const} */ ([
  ['memory', 'No Redis: guard', 0],
  ['jose', 'No Redis: jose alone', 1],
  ['redis', 'Redis: guard + ioredis', 0],
  ['joseIoredisPipelined', 'Redis: jose + ioredis', 1],
  ['shared', 'Upstash: guard', 0],
  ['joseUpstash', 'Upstash: jose + its client', 1],
])

/** @param {import('./results.mjs').StoresPart} stores */
export function drawGlance({ machine, results }) {
  const costs = results.find(({ runtime }) => runtime === 'Node')?.costs ?? []
  const bars = ROWS.flatMap(([id, title, color]) => {
    const cost = costs.find((one) => one.id === id)
    return cost === undefined ? [] : [{ title, color, value: rounded(cost.cpuUs) }]
  })
  const height = TOP + bars.length * ROW_HEIGHT + 16
  return render(WIDTH, height, {
    title: heading(
      'CPU time of one admitted request, in µs',
      14,
      26,
      `Node, 64 at once; shorter is better\n${machineLine(machine)}`,
    ),
    grid: { left: LABELS_WIDTH, right: 96, top: TOP, height: bars.length * ROW_HEIGHT },
    xAxis: { type: 'value', axisLabel: { show: false }, splitLine: { show: false } },
    yAxis: {
      type: 'category',
      inverse: true,
      data: bars.map(({ title }) => title),
      axisTick: { show: false },
      axisLine: { lineStyle: { color: FAINT } },
      axisLabel: { color: TEXT, fontSize: 22, interval: 0 },
    },
    series: [
      {
        type: 'bar',
        barWidth: BAR_HEIGHT,
        label: { show: true, position: 'right', fontSize: 22, color: TEXT, distance: 8 },
        data: bars.map(({ value, color }) => ({ value, itemStyle: { color: COLORS[color] ?? FAINT } })),
      },
    ],
  })
}
