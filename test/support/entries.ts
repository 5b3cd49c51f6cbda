// The entries of the package, from package.json, which is the only list of them.

import { readFileSync } from 'node:fs'

export interface Entry {
  /** What users import, such as `caracal-edge/fetch`. */
  readonly specifier: string
  /** Its name in src and in dist, without an ending. */
  readonly name: string
}

interface Manifest {
  readonly name: string
  readonly exports: { readonly [path: string]: string | { readonly [condition: string]: string } }
  readonly imports: { readonly [name: string]: { readonly [condition: string]: string } }
}

export const MANIFEST: Manifest = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
)

export const ENTRIES: readonly Entry[] = Object.entries(MANIFEST.exports).flatMap(([path, target]) =>
  typeof target === 'string' ? [] : [{ specifier: path.replace(/^\./, MANIFEST.name), name: nameOf(target) }],
)

/** The package's own imports (`#…`) on a platform with this `condition`, by name in src. */
export function internalModules(condition: string): readonly Entry[] {
  return Object.entries(MANIFEST.imports).map(([specifier, target]) => ({
    specifier,
    name: nameOf(condition in target ? { default: target[condition] ?? '' } : target),
  }))
}

function nameOf(target: { readonly [condition: string]: string }): string {
  const [, name] = /^\.\/dist\/(.+)\.js$/.exec(target.default ?? '') ?? []
  if (name === undefined) throw new Error(`An entry of package.json has no file in dist: ${target.default}`)
  return name
}
