// Type-checks the blocks of TypeScript and JavaScript of all pages, in one run of the compiler.

import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { ENTRIES, internalModules } from '../../support/entries.ts'
import { TSC } from './build.ts'
import { type Block, blocksOf } from './documents.ts'
import { ROOT } from './run.ts'

const LANGUAGES = ['ts', 'tsx', 'js', 'jsx', 'mjs', 'javascript', 'typescript']

export interface Checked {
  /** Blocks that were type-checked. */
  readonly checked: readonly Block[]
  /** Blocks that say why they are not. */
  readonly unchecked: readonly Block[]
  /** `docs/hono.md:12 error TS2304: …` */
  readonly mistakes: readonly string[]
}

/** A block as a file: what stands before its code, and after. */
interface Wrapped {
  readonly block: Block
  readonly file: string
  readonly before: string
  readonly code: string
  readonly after: string
}

export async function checkBlocks(pages: readonly string[]): Promise<Checked> {
  const blocks = pages
    .flatMap((page) => blocksOf(page))
    .filter(({ language }) => LANGUAGES.includes(language))
  const unchecked = blocks.filter(({ notes }) => notes.unchecked !== undefined)
  const checked = blocks.filter((block) => !unchecked.includes(block))
  const wrapped = checked.map((block) => wrap(block, checked.find(firstProgramOf(block.page))))
  return { checked, unchecked, mistakes: await compile(wrapped) }
}

const isProgram = ({ code }: Block): boolean => /^import\b/m.test(code)
const isMembers = ({ code }: Block): boolean => /^(?:\/\/.*\n)*\w+: (?!\w+ =>)/.test(code)
const firstProgramOf = (page: string) => (block: Block) => block.page === page && isProgram(block)

/** A block with an import is a program. Any other one is a fragment: it may use what the page's first program has. */
function wrap(block: Block, program: Block | undefined): Wrapped {
  const { page, line, language, notes } = block
  const given = notes.given === undefined ? '' : `${notes.given}\n`
  const extension = language.endsWith('x') ? 'tsx' : 'ts'
  const file = `${page.replace(/\W/g, '-')}-${line}.${extension}`
  if (isProgram(block)) {
    return { block, file, before: given, code: besideExample(block), after: '\nexport {}\n' }
  }
  const known = `${given}${program === undefined ? '' : besideExample(program)}\n`
  if (isMembers(block)) {
    const type = `Partial<import('caracal-edge').CaracalOptions>`
    return { block, file, before: `${known}void ({\n`, code: block.code, after: `} satisfies ${type})\n` }
  }
  const code = block.code.replace(/^export default /gm, 'const exported = ').replace(/^export /gm, '')
  const open = `${known}export async function fragment() {\n`
  return { block, file, before: open, code, after: '\n}\n' }
}

/** What an example imports from its neighbours is there. */
function besideExample({ code, notes }: Block): string {
  if (notes.example === undefined) return code
  const folder = dirname(join(ROOT, notes.example))
  return code.replace(/(?<=\bfrom ')\.{1,2}\/[^']*(?=')/g, (specifier) => join(folder, specifier))
}

const OPTIONS = {
  target: 'es2023',
  lib: ['es2023', 'dom', 'dom.iterable', 'dom.asynciterable'],
  module: 'esnext',
  moduleResolution: 'bundler',
  moduleDetection: 'force',
  types: ['node'],
  jsx: 'react-jsx',
  strict: true,
  skipLibCheck: true,
  allowImportingTsExtensions: true,
  noEmit: true,
}

/** The mistakes in the blocks' own lines. */
async function compile(wrapped: readonly Wrapped[]): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'caracal-edge-blocks-'))
  try {
    const sources = [...ENTRIES, ...internalModules('default')]
    const paths = Object.fromEntries(
      sources.map(({ specifier, name }) => [specifier, [join(ROOT, 'src', `${name}.ts`)]]),
    )
    const globals = join(ROOT, 'test/package/support/document-globals.d.ts')
    const include = [...wrapped.map(({ file }) => file), globals]
    const config = { compilerOptions: { ...OPTIONS, paths, typeRoots: ['node_modules/@types'] }, include }
    await mkdir(folder, { recursive: true })
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'junction')
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config))
    await Promise.all(
      wrapped.map(({ file, before, code, after }) => writeFile(join(folder, file), before + code + after)),
    )
    return mistakesIn(await outputOf(folder), wrapped)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Mistakes are what it prints, and end it with 1 or 2. */
function outputOf(folder: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [TSC, '-p', '.', '--pretty', 'false'], { cwd: folder }, (error, stdout) => {
      if (error === null || error.code === 1 || error.code === 2) resolve(stdout)
      else reject(error)
    })
  })
}

function mistakesIn(output: string, wrapped: readonly Wrapped[]): readonly string[] {
  return Array.from(output.matchAll(/^(?! )(.*?)(?:\((\d+),\d+\))?: (error .*)$/gm)).flatMap(
    ([whole, file = '', row = '', message = '']) => {
      const found = wrapped.find((one) => one.file === file)
      // The sources have a check of their own, for other platforms than these blocks together.
      if (found === undefined) return file.includes('src/') ? [] : [whole]
      const { block, before } = found
      const inBlock = Number(row) - before.split('\n').length
      // What is wrong in the first program is said of the program itself.
      if (inBlock < 0 && !isProgram(block)) return []
      // JavaScript leaves types out.
      if (!block.language.startsWith('t') && / TS70\d\d: /.test(message)) return []
      return [`${block.page}:${block.line + inBlock} ${message}`]
    },
  )
}
