// What the checkout shows of the benchmark is drawn from the published results.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { ROOT } from './support/run.ts'

const PLOTS = ['bench.svg', 'bench-full.svg']

const read = (...path: readonly string[]) => readFileSync(join(...path), 'utf8')

test('the plots in docs are those of the published results (if not: npm run bench:draw)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  execFileSync(process.execPath, ['bench/draw.mjs', folder], { cwd: ROOT })
  expect(PLOTS.filter((plot) => read(folder, plot) !== read(ROOT, 'docs', plot))).toEqual([])
  // It starts a process that loads all of ECharts.
}, 30_000)

test.each(PLOTS)('docs/%s says when and on which machine was measured', (plot) => {
  expect(read(ROOT, 'docs', plot)).toMatch(/\d{4}-\d\d-\d\d, [^<]+, \d+ cores/)
})

test('git ignores what an ordinary run writes', () => {
  expect(read(ROOT, 'bench/results.mjs')).toContain("new URL('results/latest.json', HERE)")
  expect(read(ROOT, '.gitignore').split('\n')).toContain('bench/results/')
})
