// Other web pages: they reach the port of `dev` through the browser of a developer, and get nothing there.

import { createServer, type Server } from 'node:http'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Dev } from './installed.ts'

interface Opened {
  readonly at: () => Page
  readonly dev: () => Dev
}

export function testStrangers(opened: Opened) {
  describe('a page of another origin', () => {
    let other: Server
    let origin = ''
    beforeAll(async () => {
      other = createServer((_request, response) => {
        response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>other</title>')
      })
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
      const address = other.address()
      origin = `http://127.0.0.1:${address instanceof Object ? address.port : 0}`
    })
    afterAll(() => void other.close())

    /** What a page gets that tries to mint in every way. */
    async function tries(): Promise<readonly string[]> {
      const page = opened.at()
      const statuses: number[] = []
      page.on('response', (response) => {
        if (response.url().includes('/dev/mint')) statuses.push(response.status())
      })
      const got = await page.evaluate(
        async (url) => {
          const json = { 'Content-Type': 'application/json' }
          const ways: RequestInit[] = [
            { method: 'POST', headers: json, body: '{}' },
            { method: 'POST', mode: 'no-cors', body: '{}' },
            { method: 'POST', mode: 'no-cors', headers: { 'Content-Type': 'text/plain' }, body: '{}' },
            { method: 'GET' },
          ]
          const texts = ways.map((init) =>
            fetch(url, init).then(
              async (response) => `${response.status} ${await response.text()}`,
              () => 'refused',
            ),
          )
          return Promise.all(texts)
        },
        `${page.url().includes('rebound.test') ? '' : opened.dev().url}/dev/mint`,
      )
      expect(statuses.filter((one) => one < 400)).toEqual([])
      return got
    }

    test('on another loopback port cannot mint, nor frame the page', async () => {
      const [page, dev] = [opened.at(), opened.dev()]
      await page.goto(origin)
      // What came of no-cors, nobody can read.
      expect(await tries()).toEqual(['refused', '0 ', '0 ', 'refused'])
      const [response] = await Promise.all([
        page.waitForResponse((one) => one.url() === `${dev.url}/`),
        page.evaluate((url) => {
          const frame = document.createElement('iframe')
          frame.src = `${url}/`
          document.body.append(frame)
        }, dev.url),
      ])
      expect(response.status()).toBe(403)
      await Promise.all([
        page.waitForResponse((one) => one.url().endsWith('/dev/mint') && one.status() === 403),
        page.evaluate((url) => {
          const form = document.createElement('form')
          form.method = 'POST'
          form.action = `${url}/dev/mint`
          document.body.append(form)
          form.submit()
        }, dev.url),
      ])
    })

    test('whose name was made to lead here cannot mint', async () => {
      const [page, dev] = [opened.at(), opened.dev()]
      const response = await page.goto(dev.url.replace('127.0.0.1', 'rebound.test'))
      expect(response?.status()).toBe(403)
      const got = await tries()
      expect(got).toHaveLength(4)
      for (const text of got) expect(text).toMatch(/^403 .*Host header/)
    })
  })
}
