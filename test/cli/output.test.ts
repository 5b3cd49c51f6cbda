// What is printed, whoever wrote it: a terminal obeys none of it.

import { afterEach, describe, expect, test, vi } from 'vitest'
import { print, printJson, say } from '../../cli/output.ts'

/** It retitles the window, clears the screen by one character, turns the text around, and hides a tag in it. */
const EVIL = 'a\u001b]0;x\u0007\u009b2J\u202eb\u2028c\rd\u{e0041}\u001b[8m'
const OBEYED = /[\p{Cc}\p{Cf}\u2028\u2029]/u

describe('on a terminal', () => {
  const written: string[] = []
  afterEach(() => {
    vi.restoreAllMocks()
    written.length = 0
  })

  test.each([
    ['a result', 'stdout', () => print(`x ${EVIL}`)],
    ['a message', 'stderr', () => say(`x ${EVIL}`)],
    ['JSON', 'stdout', () => printJson({ text: EVIL })],
  ] as const)('%s moves nothing', (_title, stream, write) => {
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      written.push(String(text))
      return true
    })
    write()
    const [text = ''] = written
    expect(text.endsWith('\n')).toBe(true)
    expect(text.slice(0, -1)).not.toMatch(OBEYED)
    if (text.startsWith('{')) expect(JSON.parse(text)).toEqual({ text: EVIL })
  })

  test('colours and line breaks stay', () => {
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      written.push(String(text))
      return true
    })
    const text = '\u001b[32mgood\u001b[39m\n\u001b[2mbetter\u001b[22m'
    print(text)
    expect(written).toEqual([`${text}\n`])
  })
})
