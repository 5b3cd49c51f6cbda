// What the reference was written from, and what it is, as one number. A test compares it: TypeDoc itself takes half a minute.

import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'

/** The file in docs/reference that holds the digest. */
export const DIGEST_FILE = 'digest.txt'

/**
 * @param {string} root a folder with package.json, dist and tools
 * @param {string} reference the folder with the pages
 */
export function referenceDigest(root, reference) {
  const hash = createHash('sha256')
  const pages = existsSync(reference) ? readdirSync(reference).filter((name) => name.endsWith('.md')) : []
  const files = [
    ...declarationsOf(root).map((file) => join(root, file)),
    ...['package-lock.json', 'typedoc.json', 'reference.mjs'].map((name) => join(root, 'tools', name)),
    ...pages.sort().map((name) => join(reference, name)),
  ]
  for (const file of files) hash.update(readFileSync(file, 'utf8').replaceAll('\r\n', '\n')).update('\0')
  return `${hash.digest('hex')}\n`
}

/**
 * The declarations of the public entries, and what they import.
 * @param {string} root
 */
function declarationsOf(root) {
  const { exports: entries } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const found = new Set(
    Object.values(entries).flatMap(({ types }) => (types === undefined ? [] : [types.slice(2)])),
  )
  for (const file of found) {
    const text = readFileSync(join(root, file), 'utf8')
    for (const [, specifier = ''] of text.matchAll(/(?:from |import\()['"](\.[^'"]+)\.js['"]/g)) {
      found.add(`${posix.join(dirname(file), specifier)}.d.ts`)
    }
  }
  return [...found].sort()
}
