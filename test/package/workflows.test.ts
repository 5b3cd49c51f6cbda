// The workflows call the scripts that everybody can call, on every supported Node.js; the forms ask for what helps.

import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ROOT } from './support/run.ts'

const read = (...path: readonly string[]) => readFileSync(join(ROOT, ...path), 'utf8')

const WORKFLOWS = readdirSync(join(ROOT, '.github/workflows'))
const { scripts, engines } = JSON.parse(read('package.json'))

test.each(WORKFLOWS)('%s calls scripts of this package only', (name) => {
  const called = Array.from(
    read('.github/workflows', name).matchAll(/npm run ([\w:]+)/g),
    ([, script]) => script,
  )
  expect(called.length).toBeGreaterThan(0)
  expect(called.filter((script) => !(script !== undefined && script in scripts))).toEqual([])
  expect(read('.github/workflows', name)).toContain('- run: .ci/run\n')
})

test.each(WORKFLOWS)('%s gets no more rights than it needs', (name) => {
  const text = read('.github/workflows', name)
  expect(text).toMatch(/^permissions:\n {2}contents: read$/m)
  expect(text.match(/: write$/gm) ?? []).toEqual(name === 'release.yml' ? [': write'] : [])
  expect(text.match(/uses: actions\/checkout/g)).toHaveLength(
    text.match(/persist-credentials: false/g)?.length ?? 0,
  )
  expect(text).not.toMatch(/secrets\.|\$\{\{ *github\.(?:event|head_ref)/)
})

test('CI runs on the oldest supported Node.js, 22 and 24, on Linux and macOS', () => {
  const text = read('.github/workflows/ci.yml')
  expect(text).toContain(`node: ['${engines.node.replace('>=', '')}', '22', '24']`)
  expect(text).toContain('os: [ubuntu-latest, macos-latest]')
})

test.each(WORKFLOWS)('%s names every action by the hash of its commit', (name) => {
  const used = read('.github/workflows', name).match(/uses: .*/g) ?? []
  expect(used.length).toBeGreaterThan(0)
  expect(used.filter((one) => !/^uses: actions\/[\w-]+@[\da-f]{40} # v\d+\.\d+\.\d+$/.test(one))).toEqual([])
})

describe('before a release', () => {
  const { version } = JSON.parse(read('package.json'))
  const ready = {
    'package.json': { version, repository: { type: 'git', url: 'git+https://github.com/Owner/name.git' } },
    changelog: `# Changelog\n\n## ${version}\n\n- News.\n`,
    tag: `v${version}`,
  }
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'caracal-edge-release-'))
    cpSync(join(ROOT, 'tools/release-ready.mjs'), join(folder, 'tools/release-ready.mjs'))
    cpSync(join(ROOT, 'tools/install.mjs'), join(folder, 'tools/install.mjs'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  test.each<[string, Partial<typeof ready> | { readonly 'package.json': object }, string]>([
    ['it passes', {}, ''],
    ['without a repository', { 'package.json': { version } }, '"repository" in package.json must be'],
    [
      'with another repository',
      { 'package.json': { version, repository: 'github:owner/other' } },
      'git+https://github.com/owner/name.git',
    ],
    ['with another tag', { tag: 'v99.0.0' }, `The tag must be v${version}`],
    ['without its changes', { changelog: '# Changelog\n\n## Unreleased\n' }, `a heading "## ${version}"`],
  ])('%s', (_title, change, said) => {
    const { changelog, tag, ...files } = { ...ready, ...change }
    writeFileSync(join(folder, 'package.json'), JSON.stringify(files['package.json']))
    writeFileSync(join(folder, 'CHANGELOG.md'), changelog)
    const { status, stderr } = spawnSync(process.execPath, [join(folder, 'tools/release-ready.mjs')], {
      env: { GITHUB_REPOSITORY: 'owner/name', GITHUB_REF_NAME: tag },
      encoding: 'utf8',
    })
    expect([status, stderr.split('\n').length - 1]).toEqual(said === '' ? [0, 0] : [1, 1])
    expect(stderr).toContain(said)
  })

  test('the workflow asks first', () => {
    const steps = read('.github/workflows/release.yml').match(/- run: .*/g)
    expect(steps?.[0]).toBe('- run: node tools/release-ready.mjs')
  })
})

test('a release is published with provenance, without a token, from the tag of its version', () => {
  const text = read('.github/workflows/release.yml')
  expect(text).toContain('npm publish --provenance')
  expect(text).toContain('id-token: write')
  expect(text).not.toMatch(/TOKEN\b/)
})

test('the forms ask for the output of doctor', () => {
  for (const form of ['bug.yml', 'idea.yml']) {
    expect(read('.github/ISSUE_TEMPLATE', form)).toContain('Output of `npx caracal-edge doctor`')
  }
})
