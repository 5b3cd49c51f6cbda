// Builds and packs the package as a release from a clean checkout does: nothing that an earlier build left
// in `dist` can hide a mistake, and no other test has its `dist` rewritten while it runs.

import { cp, mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, vi } from 'vitest'
import { ROOT, runNode, runNpm } from './run.ts'

/** The compiler of this repository. */
export const TSC = join(ROOT, 'node_modules/typescript/bin/tsc')

/** What the package is built from. */
const FOLDERS: readonly string[] = ['src', 'cli', 'lab', 'docs', 'examples']

export interface Built {
  /** A copy of the repository's sources with its own `dist`. */
  readonly directory: string
  /** What would be published. */
  readonly tarball: string
  /** The paths in the tarball. */
  readonly files: readonly string[]
}

/**
 * Builds once for the test file that calls this at its top level, and cleans up after its last test.
 * Each test gets enough time to start a program. The returned function can be called in tests.
 */
export function builtPackage(): () => Built {
  let directory: string | undefined
  let built: Built | undefined
  vi.setConfig({ testTimeout: 90_000 })
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'caracal-edge-build-'))
    built = await build(directory)
  }, 120_000)
  afterAll(async () => {
    if (directory !== undefined) await rm(directory, { recursive: true, force: true })
  }, 30_000)
  return () => {
    if (built === undefined) throw new Error('The package has not been built.')
    return built
  }
}

async function build(directory: string): Promise<Built> {
  for (const entry of await readdir(ROOT, { withFileTypes: true })) {
    if (!entry.isFile() && !FOLDERS.includes(entry.name)) continue
    await cp(join(ROOT, entry.name), join(directory, entry.name), { recursive: true })
  }
  await symlink(join(ROOT, 'node_modules'), join(directory, 'node_modules'), 'junction')
  await runNode([TSC, '-p', 'tsconfig.json'], directory)
  await runNode([TSC, '-p', 'cli'], directory)
  const listed = await runNpm(['pack', '--json', '--ignore-scripts'], directory, 60_000)
  const [packed]: readonly PackedPackage[] = JSON.parse(listed)
  if (packed === undefined) throw new Error('npm packed nothing.')
  return {
    directory,
    tarball: join(directory, packed.filename),
    files: packed.files.map(({ path }) => path).sort(),
  }
}

/** What `npm pack --json` tells about each package. */
interface PackedPackage {
  readonly filename: string
  readonly files: readonly { readonly path: string }[]
}
