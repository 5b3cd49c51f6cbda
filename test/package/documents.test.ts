// Every file that the documents name or link to exists.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from './support/run.ts'

const DOCUMENTS = ['', 'docs', 'docs/decisions'].flatMap((folder) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name)),
)

/** A path of this repository, in text or code, without placeholders or patterns. */
const NAMED = /(?<![\w./:-])(?:test|src|examples|demo|lab|bench|soak|docs)\/[\w./[\]-]*[\w/](?![\w./-]*[<*])/g

test.each(DOCUMENTS)('%s', (document) => {
  const text = readFileSync(join(ROOT, document), 'utf8')
  const links = [...text.matchAll(/\]\((?!https?:|#)([^)\s#]+)/g)].map(([, link = '']) =>
    join(dirname(document), link),
  )
  const named = text.replace(/\]\([^)]*\)/g, ']').match(NAMED) ?? []
  expect([...links, ...named].filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
})

test('the README describes the bridge that is tested over raw sockets', () => {
  const [readme, bridge] = ['README.md', 'test/runtimes/sockets/subject/node-bridge.mjs'].map((file) =>
    readFileSync(join(ROOT, file), 'utf8'),
  )
  const expression = 'new Request(origin + req.url,'
  expect([readme?.includes(expression), bridge?.includes(expression)]).toEqual([true, true])
})
