// llms.txt: the index of the documents for programs that read, made of docs/README.md.

import { readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { textOf } from './documents.ts'
import { ROOT } from './run.ts'

/** A section's heading, or a row of one of its tables: a link, perhaps more links, and what is there. */
const LINE = /^(?:## (?<heading>.+)|\| (?<links>\[.*?\]\(.*?) \| (?<about>.+) \|)$/gm

export function indexForModels(): string {
  const { name, description } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const lines = Array.from(textOf('docs/README.md').matchAll(LINE), ({ groups = {} }) => {
    const { heading, links = '', about = '' } = groups
    if (heading !== undefined) return `\n## ${heading}\n`
    return Array.from(links.matchAll(/\[(.*?)\]\((.*?)\)/g), ([, title, target = '']) => {
      return `- [${title}](${posix.join('docs', target)}): ${inPlainWords(about)}`
    }).join('\n')
  })
  const start = `# ${name}\n\n> ${description}\n\nBegin with the [README](README.md). The code of every page compiles.\n`
  return `${start}${lines.join('\n')}\n`
}

/** Links of the index lead from docs. */
const inPlainWords = (text: string) => text.replace(/\[(.*?)\]\(.*?\)/g, '$1')
