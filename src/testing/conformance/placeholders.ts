// Replaces the placeholders of the catalogue with values, and merges overrides into a base.

import type { Members } from './case.ts'
import { keyNamed, type TestKeys } from './test-keys.ts'

export interface PlaceholderValues {
  /** Seconds. */
  readonly now: number
  readonly issuer: string
  readonly keys: TestKeys
  /** Known only after it has been created. */
  readonly token?: string
}

const DELETED = Symbol('deleted')

/** `base` with the overrides, member by member; `{"$delete":1}` removes one. */
export function layOver(
  base: Members,
  overrides: Members | null | undefined,
  values: PlaceholderValues,
): Members {
  const members = new Map(Object.entries(base))
  for (const [name, raw] of Object.entries(overrides ?? {})) {
    const value = fill(raw, values)
    if (value === DELETED) members.delete(name)
    else members.set(name, value)
  }
  // fromEntries, because assigning would turn a member named __proto__ into a prototype.
  return Object.fromEntries(members)
}

/** A value of the catalogue with all placeholders replaced, at any depth. */
function fill(raw: unknown, values: PlaceholderValues): unknown {
  if (typeof raw === 'string') return fillText(raw, values)
  if (Array.isArray(raw)) return raw.map((each) => fill(each, values))
  if (typeof raw !== 'object' || raw === null) return raw
  const entries = Object.entries(raw)
  const placeholder = entries.find(([name]) => name.startsWith('$'))
  if (placeholder !== undefined) return fillPlaceholder(placeholder[0], placeholder[1], raw, values)
  const filled = entries.map(([name, value]) => [name, fill(value, values)] as const)
  return Object.fromEntries(filled.filter(([, value]) => value !== DELETED))
}

/** A part of a case with its placeholders replaced. The cases are our own data: they have the form of their types. */
export function filled<Part extends object>(part: Part | null | undefined, values: PlaceholderValues): Part {
  return fill(part ?? {}, values) as Part
}

export function fillText(text: string, { issuer, token }: PlaceholderValues): string {
  const spaced = text.replaceAll('$SPACES100000', () => ' '.repeat(100_000))
  const filled = spaced.replaceAll('$ISSUER', () => issuer)
  return token === undefined ? filled : filled.replaceAll('$TOKEN', () => token)
}

function fillPlaceholder(name: string, argument: unknown, whole: object, values: PlaceholderValues): unknown {
  switch (name) {
    case '$now':
      return values.now + Number(argument)
    case '$delete':
      return DELETED
    case '$repeat':
    case '$join':
      return repeated(whole, values)
    case '$jwk':
      return keyNamed(values.keys, argument).publicJwk
    case '$undefined':
      return undefined
    case '$nan':
      return Number.NaN
    case '$infinity':
      return Number.POSITIVE_INFINITY
    case '$regexp':
      return new RegExp(String(argument))
    case '$function':
      return () => true
    default:
      throw new Error(`There is no placeholder ${name}`)
  }
}

function repeated(whole: object, values: PlaceholderValues): unknown {
  const { $repeat, $join } = whole as { $repeat: readonly [unknown, number]; $join?: string }
  const [raw, times] = $repeat
  const value = fill(raw, values)
  if ($join === undefined) return Array.from({ length: times }, () => value)
  if ($join === '') return String(value).repeat(times)
  return Array.from({ length: times }, () => value).join($join)
}
