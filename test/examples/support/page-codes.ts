// The complete programs of the pages that are no files of examples/, by page and number.

import { type Block, blocksOf, PAGES } from '../../package/support/documents.ts'

/** A program imports. The first block of a page need not. */
function isProgram({ language, code, notes }: Block, index: number): boolean {
  const begins = index === 0 ? /^(import|export) /m : /^import /m
  return /^[tj]sx?$/.test(language) && begins.test(code) && notes.example === undefined
}

/** `docs/rules.md#2`: the second program of the page that is no example. */
export const PROGRAM_CODES: ReadonlyMap<string, string> = new Map(
  PAGES.flatMap((page) =>
    blocksOf(page)
      .filter(isProgram)
      .map(({ code }, index): [string, string] => [`${page}#${index + 1}`, code]),
  ),
)
