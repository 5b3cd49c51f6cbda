// What all plots have in common: colours, headings, and how an SVG is made of a chart.
// @ts-check

import { init } from 'echarts'

/** Of the Okabe-Ito palette, which people tell apart whatever colours they see. */
export const COLORS = ['#009e73', '#e69f00', '#0072b2', '#cc79a7', '#d55e00', '#56b4e9']
export const TEXT = '#1f2328'
export const FAINT = '#59636e'
export const GRID_LINE = '#e4e8ec'
/** Light behind the dark text, so that a dark page does not swallow it. */
const BACKGROUND = '#ffffff'

/**
 * @param {number} width
 * @param {number} height
 * @param {import('echarts').EChartsOption} option
 * @returns {string} the SVG
 */
export function render(width, height, option) {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height })
  chart.setOption({
    animation: false,
    backgroundColor: BACKGROUND,
    color: COLORS,
    textStyle: { fontFamily: 'sans-serif', color: TEXT },
    ...option,
  })
  const svg = chart.renderToSVGString()
  chart.dispose()
  return `${numberedAnew(svg)}\n`
}

/** The names of styles count on from chart to chart in a process, which says nothing about this chart. @param {string} svg */
function numberedAnew(svg) {
  const names = [...new Set(svg.match(/\bzr\d+-[a-z]+-?\d+\b/g))]
  return svg.replaceAll(/\bzr\d+-[a-z]+-?\d+\b/g, (name) => `zr-${names.indexOf(name)}`)
}

/** @param {string} text @param {number} top @param {number} fontSize @param {string} subtext */
export function heading(text, top, fontSize, subtext = '') {
  return {
    text,
    subtext,
    left: 12,
    top,
    textStyle: { fontSize, color: TEXT },
    subtextStyle: {
      fontSize: Math.max(12, fontSize - 8),
      lineHeight: Math.max(17, fontSize - 4),
      color: FAINT,
    },
  }
}

/** Three digits are as exact as this gets. What was not measured has no bar. @param {number | undefined} value */
export function rounded(value) {
  return value === undefined || Number.isNaN(value) ? '-' : Number(value.toPrecision(3))
}
