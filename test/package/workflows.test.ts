// The workflows call the scripts that everybody can call, on every supported Node.js; the forms ask for what helps.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
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

test('a release is published with provenance, without a token, from the tag of its version', () => {
  const text = read('.github/workflows/release.yml')
  expect(text).toContain('npm publish --provenance')
  expect(text).toContain('id-token: write')
  expect(text).toContain('$GITHUB_REF_NAME')
  expect(text).not.toMatch(/TOKEN\b/)
})

test('the forms ask for the output of doctor', () => {
  for (const form of ['bug.yml', 'idea.yml']) {
    expect(read('.github/ISSUE_TEMPLATE', form)).toContain('Output of `npx caracal-edge doctor`')
  }
})
