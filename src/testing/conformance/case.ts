// The cases as data: their types, and merging each variant into its case.

export interface Members {
  readonly [name: string]: unknown
}

export interface Expectation {
  readonly outcome: 'accept' | 'reject' | 'config-error' | 'either'
  /** `null` among them: refusing to build the guard is fine too. */
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
  readonly headers?: { readonly [name: string]: string }
  readonly rawHeaders?: readonly string[]
  readonly body?: string
}

export interface StoreScript {
  readonly revoked?: readonly string[]
  readonly epoch?: string | number | null
  readonly epochZone?: string
  readonly keys?: readonly string[] | Members
  readonly keyPrefix?: string
  readonly wrongtype?: readonly string[]
  readonly wire?: string
  readonly fault?: string
  /** So many milliseconds after the first question, all are answered at once. */
  readonly holdsMs?: number
  readonly custom?: { readonly returns?: unknown; readonly throws?: 'sync' | 'async' }
}

export interface KeySetScript {
  readonly text?: string
  readonly byZone?: { readonly [zone: string]: readonly Members[] }
  readonly contentType?: string
  readonly fault?: string | number
}

/** How to create a situation. Members without a specific type can contain placeholders. */
export interface Gen {
  readonly header?: Members | null
  readonly claims?: Members | null
  readonly delete?: readonly string[] | null
  readonly rawHeader?: string | { readonly deep: number } | null
  readonly rawPayload?: RawPayload | null
  readonly key?: string | null
  readonly hash?: string | null
  readonly sig?: string | null
  readonly jwks?: KeySetScript | readonly Members[] | null
  readonly store?: StoreScript | null
  readonly config?: Members | null
  readonly env?: Members | null
  readonly request?: RequestScript | null
  readonly token?: string | null
  readonly repeat?: number | null
  /** The unchanged token is sent first, so that every cache contains it. */
  readonly warmFirst?: boolean
  /** What the store is when it is sent first. */
  readonly storeBefore?: StoreScript
  /** The time of the request after that, in seconds from the beginning. */
  readonly secondsLater?: number
  /** So many requests at the same time, each with a token of its own: `sub` differs. */
  readonly together?: number
}

interface Variant extends Gen {
  readonly label?: string
  readonly expect?: Partial<Expectation>
}

export interface Case {
  readonly id: string
  readonly group: string
  readonly title: string
  /** The situation in words. */
  readonly what?: string
  readonly severity: 'critical' | 'high' | 'medium'
  readonly expect: Expectation
  readonly gen: Gen & { readonly variants?: readonly Variant[] }
}

/** One situation and its required outcome. */
export interface Situation {
  readonly title: string
  /** Its own name, in a form for URLs: that of the case, and a number for a variant. */
  readonly id: string
  readonly from: Case
  readonly gen: Gen
  readonly expect: Expectation
}

/** The case itself and all its variants. */
export function situationsOf(from: Case): readonly Situation[] {
  const { id, title, expect, gen } = from
  const { variants = [], ...main } = gen
  const all: Situation[] = [{ title: `${id} ${title}`, id, from, gen: main, expect }]
  for (const [index, { label = `variant ${index + 1}`, expect: own, ...overrides }] of variants.entries()) {
    all.push({
      title: `${id} ${title} — ${label}`,
      id: `${id}-${index + 1}`,
      from,
      // A variant replaces whole members; `null` removes one.
      gen: { ...main, ...overrides },
      expect: { ...expect, ...own },
    })
  }
  return all.flatMap((situation) => [situation, ...harderForms(situation)])
}

/**
 * In addition to the catalogue: a token that must be refused for its shape is tried again in two harder ways,
 * with a signature that covers the odd text, and after the unchanged token was admitted.
 */
function harderForms({ title, id, from, gen, expect }: Situation): readonly Situation[] {
  const { sig } = gen
  if (sig === undefined || sig === null || expect.outcome !== 'reject') return []
  const forms: Situation[] = []
  if (/^(pad|space|badchar)-(header|payload)$/.test(sig)) {
    const signed = { ...gen, sig: `${sig}/signed` }
    forms.push({ title: `${title} (signed so)`, id: `${id}-signed`, from, gen: signed, expect })
  }
  if ((gen.header ?? undefined) === undefined && id.includes('signature-')) {
    const warm = { ...gen, warmFirst: true }
    forms.push({ title: `${title} (after its twin)`, id: `${id}-warm`, from, gen: warm, expect })
  }
  return forms
}
