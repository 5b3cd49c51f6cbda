// What can be measured of how well a page can be read and heard.

import type { Page } from 'playwright-core'

/** The controls without a name, the named regions without a heading, and references that lead nowhere. */
export function namelessIn(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const problems: string[] = []
    for (const one of document.querySelectorAll('input, select, textarea')) {
      const labels = one instanceof HTMLElement && 'labels' in one ? one.labels : null
      if (!(labels instanceof NodeList) || labels.length !== 1 || labels[0]?.textContent?.trim() === '')
        problems.push(`no label: ${one.id}`)
    }
    for (const one of document.querySelectorAll('button, summary, legend, th'))
      if (one.textContent?.trim() === '') problems.push(`no text: ${one.outerHTML}`)
    for (const attribute of ['aria-labelledby', 'aria-describedby', 'for'])
      for (const one of document.querySelectorAll(`[${attribute}]`))
        if (document.getElementById(one.getAttribute(attribute) ?? '') === null)
          problems.push(`${attribute} leads nowhere: ${one.outerHTML}`)
    const ids = Array.from(document.querySelectorAll('[id]'), ({ id }) => id)
    problems.push(...ids.filter((id, at) => ids.indexOf(id) !== at).map((id) => `twice: ${id}`))
    if (document.documentElement.lang === '') problems.push('no language')
    if (document.title === '') problems.push('no title')
    if (document.querySelectorAll('main').length !== 1) problems.push('not one main')
    if (document.querySelectorAll('h1').length !== 1) problems.push('not one h1')
    if (document.querySelectorAll('form').length !== document.querySelectorAll('form [role=status]').length)
      problems.push('a form without a place where its result is announced')
    if (document.querySelector('[tabindex]')) problems.push('an order of its own')
    return problems
  })
}

export interface Contrast {
  readonly text: string
  readonly ratio: number
}

/** Of every text that is shown, against what is behind it (WCAG 2.2, 1.4.3). */
export function contrastsIn(page: Page): Promise<readonly Contrast[]> {
  return page.evaluate(() => {
    const channels = (color: string) => (color.match(/[\d.]+/g) ?? []).map(Number)
    const luminance = (color: string) => {
      const [r = 0, g = 0, b = 0] = channels(color).map((value) => {
        const part = value / 255
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
      })
      return 0.2126 * r + 0.7152 * g + 0.0722 * b
    }
    const behind = (from: Element | null): string => {
      for (let at = from; at !== null; at = at.parentElement) {
        const { backgroundColor } = getComputedStyle(at)
        if (channels(backgroundColor)[3] !== 0) return backgroundColor
      }
      return 'rgb(255, 255, 255)'
    }
    const ratioOf = (text: string, ground: string) => {
      const [high = 0, low = 0] = [luminance(text), luminance(ground)].sort((one, two) => two - one)
      return (high + 0.05) / (low + 0.05)
    }
    const found: { text: string; ratio: number }[] = []
    for (const one of document.querySelectorAll<HTMLElement>('body *')) {
      const own = Array.from(one.childNodes).some(
        (node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim() !== '',
      )
      const isField = one.matches('input:not([type=checkbox]), textarea, select')
      if ((!own && !isField) || !one.checkVisibility()) continue
      const ground = behind(one)
      const text = `${one.tagName} ${one.id || one.textContent?.slice(0, 20)}`
      found.push({ text, ratio: ratioOf(getComputedStyle(one).color, ground) })
      if (one.matches('[placeholder]'))
        found.push({
          text: `${text} (placeholder)`,
          ratio: ratioOf(getComputedStyle(one, '::placeholder').color, ground),
        })
    }
    return found
  })
}
