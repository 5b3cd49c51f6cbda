// The plot of docs/scale.md: CPU of a million requests by volume, one line for each set of features.
// @ts-check

import { FAINT, GRID_LINE, heading, render, TEXT } from '../plot-style.mjs'

const WIDTH = 860
const HEIGHT = 520

/**
 * @param {ReturnType<typeof import('./scenarios.mjs').simulateVolumes>} volumes
 * @param {string} machine
 * @returns {string} the SVG
 */
export function drawScale(volumes, machine) {
  const variants = volumes[0]?.outcomes.map(({ variant }) => variant) ?? []
  return render(WIDTH, HEIGHT, {
    title: heading(
      'CPU seconds of a million requests',
      12,
      20,
      `By requests a day in 100 regions. Simulated with costs of workerd: ${machine}`,
    ),
    legend: {
      left: 12,
      top: 72,
      width: WIDTH - 40,
      // Wide, because the width of a text is a guess where there is no browser to ask.
      itemGap: 40,
      textStyle: { color: TEXT, fontSize: 13 },
      data: variants.map(plain),
    },
    grid: { left: 64, right: 40, top: 150, bottom: 48 },
    xAxis: {
      type: 'category',
      data: volumes.map(({ perDay }) => perDay.toLocaleString('en', { notation: 'compact' })),
      axisLabel: { color: TEXT, fontSize: 14 },
      axisLine: { lineStyle: { color: FAINT } },
      axisTick: { show: false },
    },
    yAxis: {
      type: 'value',
      min: 0,
      axisLabel: { color: TEXT, fontSize: 14 },
      splitLine: { lineStyle: { color: GRID_LINE } },
    },
    series: variants.map((variant, index) => ({
      type: /** @type {const} */ ('line'),
      name: plain(variant),
      symbolSize: 8,
      lineStyle: { width: index === 0 ? 4 : 2 },
      // What matters is on top of lines that are the same.
      z: variants.length - index,
      data: volumes.map(({ outcomes }) => Number((outcomes[index]?.cpuSeconds ?? Number.NaN).toPrecision(3))),
    })),
  })
}

/** @param {string} variant in Markdown */
function plain(variant) {
  return variant.replaceAll('`', '')
}
