// The files of src and what they import. Regular expressions are enough: all imports are plain.

import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative, sep } from 'node:path'
import { ROOT } from './run.ts'

export interface Import {
  /** As it is written. */
  readonly specifier: string
  /** The imported file of src, if it is one. */
  readonly file: string | undefined
  /** `import type` and `export type` do not exist at run time; `import { type A }` still loads the module. */
  readonly kind: 'runtime' | 'types'
}

export interface Source {
  /** Its path in src, such as `config/checks.ts`. */
  readonly file: string
  readonly text: string
  /** The text without comments. */
  readonly code: string
  readonly imports: readonly Import[]
}

const SRC = join(ROOT, 'src')

/** What is between `import` and `from`: names in braces, a namespace, or a default import. */
const BINDINGS = /\{[^}]*\}|\*(?:\s+as\s+\w+)?|\w+(?:\s*,\s*\{[^}]*\})?/

/** `import … from '…'` and `export … from '…'`, one or many lines long, and `import '…'`. */
const STATEMENT = new RegExp(
  `^(?:import|export)\\s+(?:(type)\\s+)?(?:(?:${BINDINGS.source})\\s+from\\s+)?'([^']+)'`,
  'gm',
)

/** `import('…')`, and the type of what it gives. */
const DYNAMIC = /\b(?:(typeof)\s+)?import\('([^']+)'\)/g

export function readSources(): readonly Source[] {
  return readdirSync(SRC, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(SRC, join(entry.parentPath, entry.name)).split(sep).join(posix.sep))
    .sort()
    .map((file) => {
      const text = readFileSync(join(SRC, file), 'utf8')
      const code = withoutComments(text)
      return { file, text, code, imports: importsIn(file, code) }
    })
}

function importsIn(file: string, code: string): readonly Import[] {
  const found = [...code.matchAll(STATEMENT), ...code.matchAll(DYNAMIC)]
  return found.map(([, type, specifier = '']) => ({
    specifier,
    file: specifier.startsWith('.') ? posix.join(dirname(file), specifier) : undefined,
    kind: type === undefined ? 'runtime' : 'types',
  }))
}

/** A `//` within a string is always part of a URL, and follows a colon. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1')
}

/** The part of src that a file belongs to: its folder, or itself if it is at the top. */
export function partOf(file: string): string {
  const [top = file, ...below] = file.split('/')
  return below.length === 0 ? top.replace(/\.ts$/, '') : `${top}/`
}
