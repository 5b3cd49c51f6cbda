// Writes docs/reference with TypeDoc, from the public entries: `npm run reference`. Needs a build.
// With `--check` it writes nothing, and fails if something would change.

import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installTools, ROOT, TOOLS } from './install.mjs'
import { DIGEST_FILE, referenceDigest } from './reference-digest.mjs'

const REFERENCE = join(ROOT, 'docs/reference')

installTools()
const { name, exports: entries } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
const sources = Object.values(entries).flatMap(({ types }) =>
  types === undefined ? [] : [types.replace('./dist/', '../src/').replace('.d.ts', '.ts')],
)
const folder = mkdtempSync(join(tmpdir(), 'caracal-edge-reference-'))
try {
  const options = [
    '--options',
    'typedoc.json',
    '--out',
    folder,
    ...sources.flatMap((file) => ['--entryPoints', file]),
  ]
  execFileSync(process.execPath, ['node_modules/typedoc/bin/typedoc', ...options], {
    cwd: TOOLS,
    stdio: 'inherit',
  })
  const pages = readdirSync(folder).filter((page) => page.endsWith('.md'))
  const texts = pages.map((page) => ({ page, text: edited(page, readFileSync(join(folder, page), 'utf8')) }))
  const anchors = new Map(texts.map(({ page, text }) => [page, anchorsOf(text)]))
  for (const { page, text } of texts) writeFileSync(join(folder, page), linked(page, text, anchors))
  writeFileSync(join(folder, DIGEST_FILE), referenceDigest(ROOT, folder))
  if (process.argv.includes('--check')) check([...pages, DIGEST_FILE])
  else publish([...pages, DIGEST_FILE])
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/**
 * The pages are named as users import: `caracal-edge/fetch`.
 * @param {string} page
 * @param {string} text
 */
function edited(page, text) {
  const entry = page.replace('.md', '')
  const specifier = entry === 'index' ? name : `${name}/${entry}`
  const titled =
    page === 'README.md'
      ? text
          .replace(
            /^# .*\n/,
            `# Reference\n\nWritten by \`npm run reference\` from the comments of the sources.\n`,
          )
          .replace(/^- \[(\w+)\]/gm, (_, other) => `- [\`${other === 'index' ? name : `${name}/${other}`}\`]`)
          .replace('## Modules\n\n', '')
      : text.replace(/^# .*\n/, `# \`${specifier}\`\n`)
  return `${titled.trimEnd()}\n`
}

/**
 * TypeDoc numbers some anchors that have no number: of a type that is named twice and shown once.
 * @param {string} page
 * @param {string} text
 * @param {ReadonlyMap<string, ReadonlySet<string>>} anchors
 */
function linked(page, text, anchors) {
  return text.replace(/\]\(([\w.-]*)#([\w-]+)-\d+\)/g, (link, target, anchor) => {
    const known = anchors.get(target || page)
    return known?.has(link.slice(link.indexOf('#') + 1, -1)) || !known?.has(anchor)
      ? link
      : `](${target}#${anchor})`
  })
}

/** @param {string} text */
function anchorsOf(text) {
  const anchors = new Set()
  for (const [, heading = ''] of text.matchAll(/^#+ (.*)$/gm)) {
    const slug = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replace(/ /g, '-')
    let anchor = slug
    for (let number = 1; anchors.has(anchor); number++) anchor = `${slug}-${number}`
    anchors.add(anchor)
  }
  return anchors
}

/** @param {readonly string[]} files */
function publish(files) {
  rmSync(REFERENCE, { recursive: true, force: true })
  cpSync(folder, REFERENCE, { recursive: true })
  console.log(`docs/reference: ${files.length} files`)
}

/** @param {readonly string[]} files */
function check(files) {
  /** @param {string} path */
  const read = (path) => {
    try {
      return readFileSync(path, 'utf8')
    } catch {
      return undefined
    }
  }
  const present = readdirSync(REFERENCE)
  const stale = [...new Set([...files, ...present])].filter(
    (file) => read(join(folder, file)) !== read(join(REFERENCE, file)),
  )
  if (stale.length === 0) return
  console.error(
    `Not current: ${stale.map((file) => `docs/reference/${file}`).join(', ')}. Run: npm run reference`,
  )
  process.exitCode = 1
}
