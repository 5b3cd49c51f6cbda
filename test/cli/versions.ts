// The command line on the other versions of Node that it is for.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runNpm } from '../package/support/run.ts'
import type { InstalledCli } from './installed.ts'

const VERSIONS = ['22.23.3', '24.9.0']

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
  }, 150_000)
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true })
  }, 30_000)

  test.for(VERSIONS)('Node.js %s', async (version, { skip }) => {
    const node = binaries.get(version)
    if (node === undefined && process.env.CI === undefined)
      skip(`npm did not give Node.js ${version} for this machine`)
    expect(node).toBeDefined()
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
