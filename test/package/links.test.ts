// Every link of every document leads somewhere: to a file, to an anchor in it, or to a well-formed address outside.

import { existsSync, statSync } from 'node:fs'
import { join, posix } from 'node:path'
import { describe, expect, test } from 'vitest'
import { DOCUMENTS, textOf } from './support/documents.ts'
import { anchorsOf, linksOf, mistakeInUrl } from './support/links.ts'
import { ROOT } from './support/run.ts'

const anchors = new Map<string, ReadonlySet<string>>()

function anchorsIn(document: string): ReadonlySet<string> {
  const found = anchors.get(document) ?? anchorsOf(textOf(document))
  anchors.set(document, found)
  return found
}

/** Why a link leads nowhere. */
function mistakeIn(link: string, document: string): string | undefined {
  if (/^[a-z][a-z\d+.-]*:/i.test(link)) return mistakeInUrl(link)
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? document : posix.join(posix.dirname(document), decodeURIComponent(path))
  if (target.startsWith('..')) return 'leads out of the repository'
  if (path.startsWith('/')) return 'is not relative'
  const file = join(ROOT, target)
  if (!existsSync(file)) return 'no such file'
  if (anchor === undefined) return undefined
  if (!statSync(file).isFile() || !target.endsWith('.md')) return 'only documents have anchors'
  return anchorsIn(target).has(anchor) ? undefined : 'no such anchor'
}

test.each([...DOCUMENTS, 'llms.txt'])('%s', (document) => {
  const mistakes = linksOf(textOf(document)).flatMap((link) => {
    const mistake = mistakeIn(link, document)
    return mistake === undefined ? [] : [`${link}: ${mistake}`]
  })
  expect(mistakes).toEqual([])
})

describe('what the checks see', () => {
  test('all forms of links, and none in code', () => {
    const text = [
      '[a](a.md) and ![b](b.svg "title") and [`c`](<c.md#d>), <https://d.test/>, `[no](no.md)`',
      '[e]: e.md',
      '<a href="f.md"><img src="g.svg"></a>',
      '```md\n[no](no.md)\n```',
      '<!-- [no](no.md) -->',
    ].join('\n')
    const links = ['a.md', 'b.svg', 'c.md#d', 'e.md', 'f.md', 'g.svg', 'https://d.test/']
    expect([...linksOf(text)].sort()).toEqual(links)
  })

  test('anchors as GitHub makes them', () => {
    const text =
      '# `keySet.url`, and a [link](x.md)\n## At night\n## At night\n```sh\n# no heading\n```\n<a id="own"></a>'
    expect([...anchorsOf(text)]).toEqual(['own', 'keyseturl-and-a-link', 'at-night', 'at-night-1'])
  })

  test.each([
    ['https://example.com/a?b#c', undefined],
    ['http://localhost:8787/', undefined],
    ['http://example.com/', 'is not https:'],
    ['https://user:pw@example.com/', 'holds credentials'],
    ['https://exam ple', 'is no URL'],
    ['https://nowhere/', 'has no host name'],
  ])('%s: %s', (link, mistake) => expect(mistakeInUrl(link)).toBe(mistake))

  test.each([
    ['no-such-file.md', 'no such file'],
    ['README.md#no-such-anchor', 'no such anchor'],
    ['../outside.md', 'leads out of the repository'],
    ['package.json#name', 'only documents have anchors'],
    ['docs', undefined],
  ])('%s in the README: %s', (link, mistake) => expect(mistakeIn(link, 'README.md')).toBe(mistake))
})
