// How the page of `dev` is used without a mouse, and how well it is seen and heard.

import type { Locator, Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { contrastsIn, namelessIn } from './page-audit.ts'
import { soon } from './soon.ts'

interface Opened {
  readonly at: () => Page
  readonly status: (section: string) => Locator
  readonly mint: () => Promise<string>
  readonly explain: () => Promise<string>
}

export function testLook({ at, status, mint, explain }: Opened) {
  test('everything can be done by keyboard, in the order of the page', async () => {
    const page = at()
    const focused = () =>
      page.evaluate(() => {
        const { activeElement } = document
        const outline = activeElement && getComputedStyle(activeElement).outlineStyle
        return [activeElement?.id || activeElement?.tagName, outline]
      })
    /** Goes on until the element has the focus, which is seen. */
    async function tabTo(wanted: string) {
      const passed: unknown[] = []
      for (let steps = 0; steps < 40; steps++) {
        await page.keyboard.press('Tab')
        const [id, outline] = await focused()
        passed.push(id)
        if (id === wanted) {
          expect(outline).toBe('solid')
          return passed
        }
      }
      throw new Error(`Tab does not lead to ${wanted}: ${passed.join()}`)
    }
    const order = await tabTo('agent')
    expect(order).toEqual(['zone', 'audience', 'scopes', 'lifetime', 'hops', 'agent'])
    await page.keyboard.press('Space')
    await page.keyboard.press('Enter')
    await soon(() => status('Mint').textContent()).toMatch(/^Minted/)
    await tabTo('copy')
    await page.keyboard.press('Enter')
    await soon(() => status('Mandate').textContent()).toBe('Mandate copied.')
    await tabTo('requireAgent')
    await page.keyboard.press('Space')
    await page.keyboard.press('Enter')
    await soon(() => status('Explain').textContent()).toMatch(/403 agent_required/)
    // The focus stays where it was, and the answer is announced.
    expect((await focused())[0]).toBe('requireAgent')
    expect(await tabTo('epoch')).toContain('rotate')
    await page.keyboard.press('Shift+Tab')
    expect((await focused())[0]).toBe('rotate')
  })

  test.each([
    ['light', 1100],
    ['dark', 1100],
    ['light', 360],
  ] as const)('%s at %i pixels: names, contrast and width', async (colorScheme, width) => {
    const page = at()
    await page.emulateMedia({ colorScheme })
    await page.setViewportSize({ width, height: 800 })
    await page.getByText('Routes, and options from a file').click()
    await mint()
    await page.getByLabel('Required scopes').fill('none-of-it')
    await explain()
    expect(await namelessIn(page)).toEqual([])
    const contrasts = await contrastsIn(page)
    expect(contrasts.length).toBeGreaterThan(40)
    expect(contrasts.filter(({ ratio }) => ratio < 4.5)).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
    const targets = await page.getByRole('button').evaluateAll((all) => all.map((one) => one.clientHeight))
    expect(Math.min(...targets)).toBeGreaterThanOrEqual(40)
  })
}
