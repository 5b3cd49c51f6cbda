// The page of `dev` in a real Chromium: what a developer does there, by mouse and by keyboard, and who cannot.

import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type PlainWorkerd, startPlainWorkerd } from '../../lab/plain-workerd.mjs'
import { ROOT } from '../package/support/run.ts'
import type { Dev, InstalledCli } from './installed.ts'
import { testLook } from './page-look.ts'
import { testStrangers } from './page-strangers.ts'
import { wordsOf } from './shell-words.ts'
import { soon } from './soon.ts'

/** Debian's, and what the machines of GitHub have. */
const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]
const CHROMIUM = PLACES.find((place) => existsSync(place)) ?? '/usr/bin/chromium'
const isMissing = !existsSync(CHROMIUM) && process.env.CI === undefined

const WORKER = `
import { withCaracal } from 'caracal-edge'
import { UpstashRevocationStore } from 'caracal-edge/upstash'
const handler = (_request, { caracal }) => Response.json({ actor: caracal.sub })
const options = (env) => ({ revocations: UpstashRevocationStore.fromEnv(env), requiredScopes: ['billing:read'] })
export default { fetch: withCaracal(handler, options) }
`

export function testPage(cli: InstalledCli) {
  if (isMissing) {
    test.skip(`the page: there is no ${CHROMIUM}, which apt-get install chromium brings`, () => {})
    return
  }
  let dev: Dev
  let worker: PlainWorkerd
  let browser: Browser
  let context: BrowserContext
  let page: Page
  const complaints: string[] = []

  beforeAll(async () => {
    await writeFile(join(cli.project(), 'worker.js'), WORKER)
    dev = await cli.dev(['--zone', 'zone-a', '--zone', 'zone-b'])
    worker = await startPlainWorkerd(relative(ROOT, join(cli.project(), 'worker.js')), [], dev.variables)
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      // As root there is no sandbox. The name stands for that of an attacker, made to lead to this machine.
      args: ['--no-sandbox', '--disable-dev-shm-usage', '--host-resolver-rules=MAP rebound.test 127.0.0.1'],
    })
  }, 90_000)
  afterAll(async () => {
    await browser.close()
    await worker.stop()
    await dev.end()
  }, 30_000)

  beforeEach(async () => {
    context = await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'] })
    page = await context.newPage()
    page.setDefaultTimeout(15_000)
    page.on('console', (message) => {
      const isOurs = page.url().startsWith(dev.url)
      if (isOurs && message.type() === 'error') complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(error.message))
    await page.goto(dev.url)
    await page.getByText('Zones: zone-a, zone-b').waitFor()
  }, 30_000)
  afterEach(async () => {
    await context.close()
    // A request that is refused is noted too.
    const others = complaints.splice(0).filter((text) => !text.startsWith('Failed to load resource'))
    expect(others).toEqual([])
  })

  const press = (name: string) => page.getByRole('button', { name }).click()
  const status = (section: string) => page.getByRole('region', { name: section }).getByRole('status')
  const copied = () => page.evaluate(() => navigator.clipboard.readText())

  async function mint(): Promise<string> {
    await press('Mint a mandate')
    await soon(() => status('Mint').textContent()).toMatch(/^Minted in zone-/)
    return page.getByLabel('The mandate, minted or pasted').inputValue()
  }

  async function explain(): Promise<string> {
    await press('Explain the mandate')
    const place = status('Explain')
    await soon(() => place.textContent()).toMatch(/^The mandate is /)
    return (await place.textContent()) ?? ''
  }

  /** The row of a check, cell by cell. */
  const check = (name: string) =>
    page
      .getByRole('row', { name: new RegExp(`^${name} `) })
      .locator('th, td')
      .allTextContents()

  /** What the guarded Worker answers. */
  const call = async (mandate: string) => {
    const url = `http://127.0.0.1:${worker.port}/`
    const response = await context.request.get(url, { headers: { authorization: `Bearer ${mandate}` } })
    return [response.status(), await response.json()]
  }

  test('mints, copies, calls a guarded Worker, explains the refusal, revokes and sees that', async () => {
    const mandate = await mint()
    await press('Copy mandate')
    await soon(() => status('Mandate').textContent()).toBe('Mandate copied.')
    expect(await copied()).toBe(mandate)
    expect(await call(mandate)).toEqual([403, expect.objectContaining({ error: 'insufficient_scope' })])

    await page.getByLabel('Required scopes').fill('billing:read')
    expect(await explain()).toBe(
      'The mandate is refused: 403 insufficient_scope. What failed: requiredScopes.',
    )
    expect(await check('requiredScopes')).toEqual([
      'requiredScopes',
      '✗ failed',
      'read, write; missing: billing:read',
      'billing:read',
    ])
    expect(await check('requireAgent')).toEqual(['requireAgent', 'not asked', '', 'nothing'])

    await page.getByLabel('Scopes', { exact: true }).fill('billing:read other')
    const better = await mint()
    expect(await explain()).toBe('The mandate is admitted.')
    expect(await call(better)).toEqual([200, { actor: 'user-1' }])

    await press('Revoke')
    await soon(() => status('Mandate').textContent()).toMatch(/^Revoked, and announced/)
    await expect
      .poll(() => call(better))
      .toEqual([401, expect.objectContaining({ error: 'session_revoked' })])
    expect(await explain()).toBe('The mandate is refused: 401 session_revoked. What failed: revocation.')
  })

  test('the curl line is what a shell takes', async () => {
    const mandate = await mint()
    await page.getByLabel('URL of your service').fill("http://localhost:1/it's?a=$(id)&b=`id`")
    await press('Copy curl line')
    await soon(() => status('Mandate').textContent()).toBe('curl line copied.')
    expect(await wordsOf(await copied())).toEqual([
      ...['curl', '-H', `Authorization: Bearer ${mandate}`],
      "http://localhost:1/it's?a=$(id)&b=`id`",
    ])
    // The end of what a terminal takes for pasted; quotes as fish and cmd.exe take them.
    for (const pasted of ['a.b.c\u001b[201~\nid', "a.b.c\\' ; id #", 'a.b.c" & calc & "']) {
      await page.getByLabel('The mandate, minted or pasted').fill(pasted)
      for (const button of ['Copy curl line', 'Copy mandate']) {
        await press(button)
        await soon(() => status('Mandate').textContent()).toBe('What is pasted is not a mandate.')
      }
    }
    expect(await copied()).toContain(mandate)
  })

  test('each field of the form is in the mandate', async () => {
    await page.getByRole('combobox', { name: 'Zone' }).selectOption('zone-b')
    await page.getByLabel('Audience').fill('resource://x resource://y')
    await page.getByLabel('Scopes', { exact: true }).fill('')
    await page.getByLabel('Lifetime in seconds').fill('60')
    await page.getByLabel('Hops', { exact: true }).fill('3')
    const claims = (mandate: string) =>
      JSON.parse(Buffer.from(mandate.split('.')[1] ?? '', 'base64url').toString())
    const delegated = claims(await mint())
    expect(delegated).toMatchObject({
      zone_id: 'zone-b',
      aud: ['resource://x', 'resource://y'],
      hop_count: 3,
    })
    expect([delegated.exp - delegated.iat, delegated.scope]).toEqual([60, undefined])
    await page.getByLabel('An agent acts').uncheck()
    const alone = claims(await mint())
    expect(alone).not.toHaveProperty('agent_session_id')
  })

  test('explains by a file with routes, and what is wrong in it', async () => {
    await mint()
    await page.getByText('Routes, and options from a file').click()
    const load = async (options: object) => {
      const buffer = Buffer.from(JSON.stringify(options))
      const file = { name: 'guard.json', mimeType: 'application/json', buffer }
      await page.getByLabel('Load a JSON file').setInputFiles(file)
      await soon(() => status('Explain').textContent()).toBe('guard.json is loaded.')
    }
    await load({ routes: { 'POST /payouts': { requiredScopes: ['payouts:create'] } } })
    await page.getByLabel('Path').fill('/payouts')
    expect(await explain()).toBe('The mandate is admitted.')
    await page.getByLabel('Method').fill('POST')
    await page.getByLabel('The most hops').fill('0')
    expect(await explain()).toMatch(/What failed: requiredScopes, maxHopCount\.$/)
    expect((await check('requiredScopes'))[3]).toBe('payouts:create (route POST /payouts)')

    for (const [options, said] of [
      [{ requiredScope: ['a'] }, /requiredScope/],
      [{ keySet: { url: 'https://elsewhere.test' } }, /keySet is set by dev/],
      [['a'], /options must be a JSON object/],
    ] as const) {
      await load(options)
      await press('Explain the mandate')
      await soon(() => status('Explain').textContent()).toMatch(said)
    }
  })

  test('what is pasted is text, whatever it holds', async () => {
    const claims = { sid: '<img src=x onerror=alert(1)>', iss: '<b>' }
    const payload = Buffer.from(JSON.stringify(claims)).toString('base64url')
    await page.getByLabel('The mandate, minted or pasted').fill(`Authorization: Bearer a.${payload}.c`)
    await page.getByText('Routes, and options from a file').click()
    await page.getByLabel('Options of the guard as JSON').fill('{"audience":"<img src=x onerror=alert(1)>"}')
    expect(await explain()).toMatch(/refused: 401 invalid_token/)
    expect((await check('audience'))[3]).toContain('<img src=x')
    expect(await page.locator('img, main b').count()).toBe(0)
    const blocked = await page.evaluate(() => {
      try {
        document.body.innerHTML = '<p></p>'
        return 'set'
      } catch (error) {
        return error instanceof Error ? error.name : ''
      }
    })
    expect(blocked).toBe('TypeError')
    expect(complaints.splice(0).join()).toContain('TrustedHTML')
  })

  test('rotates a key, raises an epoch', async () => {
    const before = await mint()
    await press('Rotate its signing key')
    await soon(() => status('Zone').textContent()).toMatch(/^zone-a signs with a new key/)
    expect((await mint()).split('.')[0]).not.toBe(before.split('.')[0])
    await press('Raise its delegation epoch')
    await soon(() => status('Zone').textContent()).toMatch(/^The epoch of zone-a is 2/)
    expect(await explain()).toMatch(/401 delegation_stale/)
  })

  test('nothing inline, nobody frames it, and only GET', async () => {
    const response = await page.reload()
    const headers = response?.headers() ?? {}
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; script-src 'self'; style-src 'self'/,
    )
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'")
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' })
    const html = (await response?.text()) ?? ''
    expect(html).not.toMatch(/<style|<script(?![^>]*src=)|\sstyle=|\son\w+=|javascript:/i)
    expect((await fetch(dev.url, { method: 'POST' })).status).toBe(405)
  })

  testLook({ at: () => page, status, mint, explain })

  testStrangers({ at: () => page, dev: () => dev })
}
