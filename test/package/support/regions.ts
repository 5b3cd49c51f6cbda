// The programs that pages show are parts of files: `<!-- example: examples/worker.ts#name -->` before a block.
// Such a part begins with a line `// #region name` and ends with `// #endregion name`.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { withCode } from './documents.ts'
import { ROOT } from './run.ts'

const MARK = /^\s*(?:\/\/|#|<!--) ?#(region|endregion) ([\w-]+)/

/** The page, with every example as it is in its file now. */
export function withExamples(page: string, text: string): string {
  return withCode(page, text, ({ notes }) =>
    notes.example === undefined ? undefined : codeOf(notes.example),
  )
}

/** @param example a file, whole or with the name of a region: `examples/worker.ts#guard` */
export function codeOf(example: string): string {
  const [file = '', region] = example.split('#')
  const path = join(ROOT, file)
  if (!existsSync(path)) throw new Error(`There is no file ${file}.`)
  return codeIn(readFileSync(path, 'utf8'), region, example)
}

export function codeIn(text: string, region: string | undefined, example: string): string {
  const lines = text.trimEnd().split('\n')
  const at = (kind: string) =>
    lines.findIndex((line) => {
      const [, found, name] = MARK.exec(line) ?? []
      return found === kind && name === region
    })
  const [start, end] = region === undefined ? [-1, lines.length] : [at('region'), at('endregion')]
  if (region !== undefined && (start < 0 || end < start)) throw new Error(`There is no region ${example}.`)
  const shown = lines.slice(start + 1, end).filter((line) => !MARK.test(line))
  const indents = shown.filter((line) => line.trim() !== '').map((line) => line.search(/\S/))
  const indent = Math.min(...indents)
  return `${shown
    .map((line) => line.slice(indent))
    .join('\n')
    .trim()}\n`
}
