// Whole URLs as runtimes build them from whatever clients send: no parser reaches a route whose rule was not checked.

import { createMandateVerifier } from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import fc from 'fast-check'
import { getPath, getPathNoStrict } from 'hono/utils/url'
import { describe, expect, it } from 'vitest'
import { numRuns } from '../../support/runs.ts'
import { EVERY_RULE, heldTo, notAskedOf, pathOptions } from '../support/path-rules.ts'

const RUNS = numRuns(3_000)
const issuer = createTestIssuer()
const verifier = createMandateVerifier(pathOptions(issuer.options, { '/admin': 'admin' }, ['/health']))

/** Only the URL of a request, which here can be any string. */
const requestTo = (url: string) => ({ url, method: 'GET', headers: new Headers() }) as Request

/** The rules that a request to the URL must meet. */
const askedFor = (url: string) => heldTo(verifier, requestTo(url))

/** How handlers and routers find the path in a URL. One that throws does not serve it. */
const READERS: Readonly<Record<string, (url: string) => string>> = {
  'new URL': (url) => new URL(url).pathname,
  'new URL with a base': (url) => new URL(url, 'http://localhost').pathname,
  "Hono's getPath": (url) => getPath(requestTo(url)),
  "Hono's getPathNoStrict": (url) => getPathNoStrict(requestTo(url)),
  'a split URL': (url) => `/${withoutQuery(url.split('/').slice(3).join('/'))}`,
  'what follows the origin': (url) => withoutQuery(url.replace(/^[^:]*:\/\/[^/]*/, '')),
  'a regular expression': (url) => /^[a-z]+:\/\/[^/?#]+([^?#]*)/i.exec(url)?.[1] || '/',
}

function withoutQuery(text: string): string {
  return text.replace(/[?#].*$/s, '')
}

const isBelow = (prefix: string, path: string) => path === prefix || path.startsWith(`${prefix}/`)

/** Mostly what is valid at that place in a URL, sometimes what is not. */
const of = (usual: readonly string[], odd: readonly string[], most: number) =>
  fc
    .array(fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...usual) }, fc.constantFrom(...odd)), {
      maxLength: most,
    })
    .map((pieces) => pieces.join(''))

const ODD = [
  '/',
  '\\',
  '?',
  '#',
  '@',
  ':',
  '[',
  ']',
  '..',
  ';',
  '%2f',
  '%3f',
  '%',
  ' ',
  '\t',
  '\n',
  'é',
  '//',
  '\u0000',
  '|',
]
const url = fc
  .tuple(
    of(
      ['http://'],
      [
        'https://',
        'HTTP://',
        'http:/',
        'http:',
        'http:///',
        'http:\\\\',
        '//',
        '/',
        '',
        'ws://',
        'foo://',
        'file://',
      ],
      1,
    ),
    of(
      ['x', 'api.test', 'health', 'localhost:80'],
      ['/health', ':8080', 'X', 'user@', '[::1]', '1', ...ODD],
      3,
    ),
    of(['/admin', '/health', '/x'], ['admin', 'health', '/..', '/.', '/%2e%2e', ...ODD], 4),
    of(['', '?a=/admin', '#/admin'], ["?q='a'", '?', '#', '?/health', '#/health'], 1),
  )
  .map((parts) => parts.join(''))

/** Whether it names its host explicitly. Case and a default port do not matter. */
function namesItsHost(text: string): boolean {
  const [, scheme = '', authority = ''] = /^([a-z][a-z\d+.-]*):\/\/([^/\\?#]+)\//i.exec(text) ?? []
  if (authority === '' || !URL.canParse(text)) return false
  const usualPort = { http: ':80', https: ':443', ws: ':80', wss: ':443' }[scheme.toLowerCase()]
  const host = authority.toLowerCase()
  // A scheme of its own keeps the case of the host.
  const read = new URL(text).host.toLowerCase()
  return read === host || read + usualPort === host
}

describe('a URL of any kind', () => {
  it.each(Object.entries(READERS))(
    'must meet the rule of what a parser reaches that takes %s',
    async (_, read) => {
      const property = fc.asyncProperty(url, async (text) => {
        const asked = await askedFor(text)
        let path: string | undefined
        try {
          path = read(text)
        } catch {}
        if (path === undefined || !isBelow('/health', path)) expect(asked).not.toContain('excluded')
        if (path !== undefined && isBelow('/admin', path)) expect(notAskedOf(asked, ['admin'])).toEqual([])
      })
      await fc.assert(property, RUNS)
    },
  )

  it('must meet every rule if it does not name its host', async () => {
    const property = fc.asyncProperty(url, async (text) => {
      fc.pre(!namesItsHost(text))
      expect(await askedFor(text)).toEqual([EVERY_RULE])
    })
    await fc.assert(property, RUNS)
  })

  it.each([
    '',
    '/health',
    'health',
    '//health',
    'http:',
    'http:///health',
    'http://',
    'http://x',
    'http://x?/health',
    'http://x#/health',
    'http://@/health',
    'http://user@x/health',
    'http://user:pw@x/health',
    'http://x@y@z/health',
    'http://x\\health',
    'http://x y/health',
    'http://x\t/health',
    'http://[/health',
    'http://x:80:80/health',
    'http://x:99999/health',
    'http://x:/health',
    'http://:80/health',
    'http://%2fhealth/health',
    'http://x, y/health',
    'http://bücher.example/health',
    'http://0x7f.1/health',
    'http://256.1.1.1/health',
    'http://localhost*',
    'http:/x/health',
    'http:\\\\x\\health',
    ' http://x/health',
    'http://x\n/health',
    'about:blank',
    'data:,/health',
    'blob:http://x/health',
    'file:///health',
  ])('must meet every rule if it is %j', async (text) => {
    expect(await askedFor(text)).toEqual([EVERY_RULE])
  })
})

describe('a valid URL', () => {
  const origin = fc.constantFrom(
    'http://api.test',
    'https://api.test',
    'http://API.Test:80',
    'https://Api.Test:443',
    'https://api.test:80',
    'http://HOST:8080',
    'http://[::1]:3000',
    'http://[::1]',
    'http://127.0.0.1:1',
    'https://xn--bcher-kva.example',
    'http://a.test.',
    'http://a_b-c.test',
    'HTTP://api.test',
  )
  const after = fc.oneof(
    fc.constantFrom(
      '',
      '?',
      "?q='a'",
      '?next=/admin',
      '?u=http://x/health',
      '#',
      '#/admin',
      '?a#b',
      '?é',
      '?@:[]\\',
    ),
    fc.string().map((text) => `?${text.replaceAll('#', '')}`),
  )
  const cases = [
    { paths: ['/health', '/health/', '/health/live', '/health/caf%C3%A9', '/health/café'], asks: 'excluded' },
    { paths: ['/admin', '/admin/', '/admin/x', '/admin/a%20b'], asks: 'admin' },
    {
      paths: ['/', '/x', '/caf%C3%A9', '/café', '/a%20b', '/healthy', "/it's", '/a+b,c=d&e!f$(g)*~-_.:@'],
      asks: 'default',
    },
  ]

  it.each(cases)('must meet the rule of its path and no other: $asks', async ({ paths, asks }) => {
    const property = fc.asyncProperty(
      origin,
      fc.constantFrom(...paths),
      after,
      async (before, path, rest) => {
        expect(await askedFor(before + path + rest)).toEqual([asks])
      },
    )
    await fc.assert(property, numRuns(1_000))
  })
})
