// The cases as data: their types, reading them, and merging each variant into its case.

import { readFileSync } from 'node:fs'

export type Members = Record<string, unknown>

export interface Expectation {
  readonly outcome: 'accept' | 'reject' | 'config-error' | 'either' | 'check'
  readonly status: readonly (number | null)[] | null
  readonly error: readonly string[] | null
  readonly requests?: { readonly jwks?: number; readonly store?: number }
  readonly withinMs?: number
  readonly never?: readonly string[]
}

export interface RawPayload {
  readonly text?: string
  readonly sub?: readonly [string, string]
  readonly prepend?: string
  readonly append?: string
  readonly badutf8?: unknown
}

export interface RequestScript {
  readonly path?: string
  readonly origin?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly rawHeaders?: readonly string[]
  readonly body?: string
}

/** How to create a situation. Members without a specific type can contain placeholders. */
export interface Gen {
  readonly header?: Members
  readonly claims?: Members
  readonly delete?: readonly string[]
  readonly rawHeader?: string | { readonly deep: number }
  readonly rawPayload?: RawPayload
  readonly key?: string
  readonly hash?: string
  readonly sig?: string
  readonly jwks?: unknown
  readonly store?: Members
  readonly config?: Members
  readonly env?: Members
  readonly request?: Members
  readonly token?: string
  readonly repeat?: number
  /** An addition of this package: the unchanged token is sent first, so that every cache contains it. */
  readonly warmFirst?: boolean
}

interface Variant extends Gen {
  readonly label?: string
  readonly expect?: Partial<Expectation>
}

export interface Case {
  readonly id: string
  readonly title: string
  readonly expect: Expectation
  readonly gen: (Gen & { readonly variants?: readonly Variant[] }) | null
}

/** One situation and its required outcome. */
export interface Situation {
  readonly name: string
  /** The name in a form for URLs. */
  readonly slug: string
  readonly gen: Gen
  readonly expect: Expectation
}

/** The given cases, unchanged. */
export const cases = readJson<readonly Case[]>('cases.json')

/** Additional cases of this package. */
export const ownCases = readJson<readonly Case[]>('own-cases.json')

/** A file in this folder. */
export function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as T
}

/** The case itself and all its variants. */
export function situationsOf({ id, title, expect, gen }: Case): Situation[] {
  if (gen === null) return []
  const { variants = [], ...members } = gen
  const main = layMembers({}, members)
  const all: Situation[] = [{ name: `${id} ${title}`, slug: id, gen: main, expect }]
  for (const [index, { label = `variant ${index + 1}`, expect: own, ...overrides }] of variants.entries()) {
    all.push({
      name: `${id} ${title} — ${label}`,
      slug: `${id}-${index + 1}`,
      gen: layMembers(main, overrides),
      expect: { ...expect, ...own },
    })
  }
  return all.flatMap((situation) => [situation, ...harderForms(situation)])
}

/** A variant replaces whole members; `null` removes one. */
function layMembers(main: Gen, members: Gen): Gen {
  const merged = Object.entries({ ...main, ...members }).filter(([, value]) => value !== null)
  return Object.fromEntries(merged)
}

/**
 * In addition to the catalogue: a token that must be refused for its shape is tried again in two harder ways,
 * with a signature that covers the odd text, and after the unchanged token was admitted.
 */
function harderForms({ name, slug, gen, expect }: Situation): Situation[] {
  const { sig } = gen
  if (sig === undefined || expect.outcome !== 'reject') return []
  const forms: Situation[] = []
  if (/^(pad|space|badchar)-(header|payload)$/.test(sig)) {
    const signed = { ...gen, sig: `${sig}/signed` }
    forms.push({ name: `${name} (signed so)`, slug: `${slug}-signed`, gen: signed, expect })
  }
  if (gen.header === undefined && slug.includes('signature-')) {
    const warm = { ...gen, warmFirst: true }
    forms.push({ name: `${name} (after its twin)`, slug: `${slug}-warm`, gen: warm, expect })
  }
  return forms
}
