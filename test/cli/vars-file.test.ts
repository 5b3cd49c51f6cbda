// What `--vars` takes from a file.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { fileOf, loadVariables } from '../../cli/vars-file.ts'

test.each([
  [false, undefined],
  [true, '1'],
])(
  'variables that are not there yet, and none that Node.js obeys; for a module (%s) others',
  async (isForModule, other) => {
    const names = ['CARACAL_ZONE_ID', 'OF_A_CONFIG', 'NODE_TLS_REJECT_UNAUTHORIZED']
    for (const name of names) vi.stubEnv(name, undefined)
    const folder = await mkdtemp(join(tmpdir(), 'caracal-edge-vars-'))
    const file = join(folder, 'vars')
    await writeFile(file, 'CARACAL_ZONE_ID=z\nOF_A_CONFIG=1\nNODE_TLS_REJECT_UNAUTHORIZED=0\n')
    try {
      loadVariables(file, isForModule)
      expect(names.map((name) => process.env[name])).toEqual(['z', other, undefined])
      expect(names.map(fileOf)).toEqual([file, other && file, undefined])
    } finally {
      vi.unstubAllEnvs()
      await rm(folder, { recursive: true })
    }
  },
)
