// The version of the package.

import { readFileSync } from 'node:fs'

const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))

export const VERSION =
  manifest instanceof Object && 'version' in manifest && typeof manifest.version === 'string'
    ? manifest.version
    : '0.0.0'
