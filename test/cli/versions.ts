// The packed package on the other versions of Node that it is for: the command line, and the guard with the whole list.

import { spawn } from 'node:child_process'
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ROOT, runNpm } from '../package/support/run.ts'
import { type InstalledCli, outcomeOf } from './installed.ts'

const VERSIONS = ['22.23.3', '24.9.0']
const PROGRAM = 'conformance-run.mjs'

export function testVersions(cli: InstalledCli) {
  let folder = ''
  const binaries = new Map<string, string>()

  // 45 MB each, which npm keeps.
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'caracal-edge-node-'))
    const name = `node-${process.platform}-${process.arch}`
    const fetched = VERSIONS.map(async (version) => {
      const place = join(folder, version)
      const args = [
        'install',
        `${name}@${version}`,
        '--prefix',
        place,
        '--no-audit',
        '--no-fund',
        '--prefer-offline',
      ]
      await runNpm(args, folder, 120_000)
      binaries.set(version, join(place, 'node_modules', name, 'bin/node'))
    })
    await Promise.allSettled(fetched)
    await copyFile(join(ROOT, 'test/examples/support', PROGRAM), join(cli.project(), PROGRAM))
  }, 150_000)
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true })
  }, 30_000)

  /** In CI, every machine must have it. */
  function nodeOf(version: string, skip: (note: string) => never): string {
    const node = binaries.get(version)
    if (node === undefined && process.env.CI === undefined)
      skip(`npm did not give Node.js ${version} for this machine`)
    if (node === undefined) throw new Error(`There is no Node.js ${version}.`)
    return node
  }

  // Together: most of the time they wait.
  test('the guard passes the whole list on each', async ({ skip }) => {
    const asked = VERSIONS.map(async (version) => {
      const child = spawn(nodeOf(version, skip), [PROGRAM], { cwd: cli.project() })
      const { code, stdout, stderr } = await outcomeOf(child)
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(JSON.parse(stdout)).toEqual({ asked: expect.any(Number), failed: [], node: `v${version}` })
      expect(JSON.parse(stdout).asked).toBeGreaterThan(590)
    })
    await Promise.all(asked)
  })

  test.for(VERSIONS)('Node.js %s', async (version, { skip }) => {
    const node = nodeOf(version, skip)
    const dev = await cli.dev([], { node })
    const run = async (args: readonly string[], input = '') => {
      const ended = await cli.run(args, { node, input, variables: dev.variables })
      expect(ended).toMatchObject({ code: 0, stderr: '' })
      return ended.stdout
    }
    expect(await run(['--version'])).toMatch(/^\d+\.\d+\.\d+\n$/)
    expect(await run(['explain', '-'], await run(['mint']))).toMatch(/^admitted$/m)
    expect(await (await fetch(dev.url)).text()).toContain('<title>caracal-edge dev</title>')
    expect(await dev.end()).toMatchObject({ code: 0, stderr: '' })
  })
}
