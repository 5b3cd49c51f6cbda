// The documents of this repository, and the blocks of code in them.

import { readdirSync, readFileSync } from 'node:fs'
import { join, posix, sep } from 'node:path'
import { ROOT } from './run.ts'

/** Every markdown file that people read, by its path in the repository. */
export const DOCUMENTS: readonly string[] = ['', ...folders('docs'), ...folders('examples')].flatMap(
  (folder) =>
    readdirSync(join(ROOT, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => posix.join(folder, name)),
)

/** Those whose code is checked: what users read to write their own. */
export const PAGES: readonly string[] = DOCUMENTS.filter(
  (document) => ['README.md', 'SECURITY.md'].includes(document) || /^docs\/[^/]+\.md$/.test(document),
)

export const textOf = (document: string): string => readFileSync(join(ROOT, document), 'utf8')

export interface Block {
  readonly page: string
  /** The line of the page on which its code begins. */
  readonly line: number
  /** As it stands behind the fence: `ts`, `sh`. */
  readonly language: string
  readonly code: string
  /** What stands in comments right before it: `<!-- given: … -->`. */
  readonly notes: { readonly [name in NoteName]?: string }
}

/** `example`: the region that it shows. `given`: declarations it needs. `unchecked`: why it is not checked. */
const NOTE_NAMES = ['example', 'given', 'unchecked'] as const
type NoteName = (typeof NOTE_NAMES)[number]

/** The comments before a block, with blank lines between, and the block. Its fences begin their lines. */
const BLOCK =
  /^(?<notes>(?:<!-- (?:example|given|unchecked): (?:(?!-->)[\s\S])*-->\n\n?)*)```(?<language>\w+)[^\n]*\n(?<code>[\s\S]*?)^```$/gm

export function blocksOf(page: string, text = textOf(page)): readonly Block[] {
  return Array.from(text.matchAll(BLOCK), ({ groups, index }) => {
    const { notes = '', language = '', code = '' } = groups ?? {}
    const line = text.slice(0, index + notes.length).split('\n').length + 1
    return { page, line, language, code, notes: notesIn(notes) }
  })
}

function notesIn(text: string): Block['notes'] {
  const found = Array.from(text.matchAll(/<!-- (\w+): ([\s\S]*?)\s*-->/g), ([, name, value = '']) => [
    name,
    value,
  ])
  return Object.fromEntries(found.filter(([name]) => NOTE_NAMES.some((known) => known === name)))
}

/** The page with other code in some of its blocks. */
export function withCode(page: string, text: string, codeFor: (block: Block) => string | undefined): string {
  const blocks = blocksOf(page, text)
  let next = 0
  return text.replace(BLOCK, (whole: string) => {
    const block = blocks[next++]
    const code = block && codeFor(block)
    if (block === undefined || code === undefined) return whole
    return `${whole.slice(0, whole.length - block.code.length - '```'.length)}${code}\`\`\``
  })
}

/** A folder and those in it. */
function folders(top: string): readonly string[] {
  const below = readdirSync(join(ROOT, top), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length).split(sep).join('/'))
  return [top, ...below.filter((folder) => !/(^|\/)(\.next|node_modules)(\/|$)/.test(folder))]
}
