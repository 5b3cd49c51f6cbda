// How a name reads to a parser that does not look closely: any case, no marks, and nothing that cannot be seen.

const VISIBLE_ASCII = /^[\x21-\x7e]*$/

/**
 * The same for all spellings of a name that some parser takes for one: in another case (`Name`), with letters that fold
 * to others (`ſ`, `ı`, fullwidth ones), with blanks, NULs or characters that are not shown.
 */
export function spellingOf(name: string): string {
  if (VISIBLE_ASCII.test(name)) return name.toLowerCase()
  const letters = name.normalize('NFKD').replace(/[\p{C}\p{M}\p{Z}]/gu, '')
  return letters.toUpperCase().toLowerCase()
}

/** Where some parsers end a name, while others leave it out. No tool and no member has one in its name. */
export function hasControlCharacters(name: string): boolean {
  return CONTROL.test(name)
}

const CONTROL = /\p{Cc}/u
