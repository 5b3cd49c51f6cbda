// The file that `--write` writes: it holds secrets, and what others wrote in it.

import { isUtf8 } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import { lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseEnv } from 'node:util'
import { Failure, UsageError } from '../failures.ts'

export type Variables = { readonly [name: string]: string | undefined }

/** Whatever else is in it, for its user alone. */
const MODE = 0o600

/**
 * The text of a file; none if it does not exist.
 * @throws {UsageError} if it is a link, no file or no text: something else would be written than its name says
 */
export function textOf(file: string): string {
  const found = orFailure(file, () => lstatSync(file, { throwIfNoEntry: false }))
  if (found === undefined) return ''
  if (found.isSymbolicLink()) {
    throw new UsageError(`${file} is a symbolic link: give --write the file that it leads to`)
  }
  if (!found.isFile()) throw new UsageError(`${file} is no file: give --write another name`)
  const bytes = orFailure(file, () => readFileSync(file))
  if (!isUtf8(bytes)) throw new UsageError(`${file} is no text in UTF-8: give --write another name`)
  return bytes.toString()
}

/** Whether no other user may read it. The mode of a file says nothing about that on Windows. */
export function isPrivate(file: string): boolean {
  return process.platform === 'win32' || (orFailure(file, () => lstatSync(file)).mode & 0o077) === 0
}

function orFailure<T>(file: string, read: () => T): T {
  try {
    return read()
  } catch {
    throw new Failure(`the file ${file} cannot be read`)
  }
}

/**
 * Sets variables. Everything else stays as it is.
 * @throws {UsageError} if a value would not be read again by every reader, or another variable would change
 */
export function withVariables(file: string, text: string, added: Variables): string {
  const unsafe = Object.entries(added).find(([, value = '']) => UNSAFE.test(value))
  if (unsafe !== undefined) {
    throw new UsageError(
      `${file} cannot hold the value of ${unsafe[0]}: choose one without quotes, $, \\ and line breaks`,
    )
  }
  const kept = entriesIn(text)
    .filter(({ name }) => name === undefined || !Object.hasOwn(added, name))
    .map((entry) => entry.text)
    .join('')
  const between = kept === '' || kept.endsWith('\n') ? '' : '\n'
  const lines = Object.entries(added).map(([name, value = '']) => `${name}=${quoted(value)}\n`)
  const written = `${kept}${between}${lines.join('')}`
  const [wanted, found] = [{ ...parseEnv(text), ...added }, parseEnv(written)]
  const names = new Set([...Object.keys(wanted), ...Object.keys(found)])
  if ([...names].some((name) => wanted[name] !== found[name])) {
    throw new UsageError(
      `${file} cannot be changed so that every variable in it is still read: give --write another file`,
    )
  }
  return written
}

/** Readers differ in what these are in a value: some replace `$NAME`, some end it at a quote. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: a line break is one of them.
const UNSAFE = /["'`$\\\u0000-\u001f\u007f]/

/** In single quotes no reader replaces anything. */
function quoted(value: string): string {
  return /^[\w:/.@%+,-]*$/.test(value) ? value : `'${value}'`
}

interface Entry {
  readonly name: string | undefined
  /** With its line breaks. */
  readonly text: string
}

const START = /[ \t]*(?:export[ \t]+)?([\w.-]+)[ \t]*=[ \t]*(["'`])?/y

/** The variables of a file, and the lines between them. A value in quotes may have several lines. */
function entriesIn(text: string): readonly Entry[] {
  const entries: Entry[] = []
  for (let at = 0; at < text.length; ) {
    START.lastIndex = at
    const [, name, quote] = START.exec(text) ?? []
    const closing = quote === undefined ? -1 : text.indexOf(quote, START.lastIndex)
    const lineEnd = text.indexOf('\n', Math.max(at, closing))
    const end = lineEnd < 0 ? text.length : lineEnd + 1
    entries.push({ name, text: text.slice(at, end) })
    at = end
  }
  return entries
}

/** In one step: who reads it meanwhile, or whatever ends this, finds all of the old or all of the new. */
export function replaceFile(file: string, text: string): void {
  const other = join(dirname(file), `.caracal-edge-${randomBytes(8).toString('hex')}`)
  try {
    writeFileSync(other, text, { mode: MODE, flag: 'wx' })
    renameSync(other, file)
  } catch {
    rmSync(other, { force: true })
    throw new Failure(`the file ${file} cannot be written`)
  }
}
