// The claims of a mandate (protocol §1), restated as a table: what each must be, and whether it must be there.

import { asObject, type Members } from './model-token.ts'

type Form = (value: unknown) => boolean

/** Taken apart by code points, whole pairs of surrogates are longer than one unit; halves are not. */
const isWellFormed = (text: string) =>
  [...text].every((character) => character.length > 1 || character < '\ud800' || character > '\udfff')
const isText: Form = (value) => typeof value === 'string' && value !== '' && isWellFormed(value)
/** Whole, and no larger than what a number can tell from its neighbours. */
const isWhole: Form = (value) =>
  typeof value === 'number' && Math.floor(value) === value && Math.abs(value) < 2 ** 53
const isCount: Form = (value) => isWhole(value) && Number(value) >= 0
const isList =
  (form: Form): Form =>
  (value) =>
    Array.isArray(value) && value.every((element) => form(element))
const isAnyOf =
  (...forms: readonly Form[]): Form =>
  (value) =>
    forms.some((form) => form(value))
/** `""` and `null` count as absent for an optional text or number. */
const isEmpty: Form = (value) => value === undefined || value === null || value === ''
const isMissing: Form = (value) => value === undefined

const isLink: Form = (value) => {
  const link = asObject(value)
  if (link === undefined || !isText(link.application_id)) return false
  return [link.agent_session_id, link.delegation_edge_id].every(isAnyOf(isEmpty, isText))
}

export const FORMS: Readonly<Record<string, Form>> = {
  iss: isText,
  aud: isAnyOf(isText, isList(isText)),
  sub: isText,
  exp: isWhole,
  iat: isWhole,
  nbf: isAnyOf(isEmpty, isWhole),
  jti: isText,
  zone_id: isText,
  client_id: isText,
  sid: isText,
  root_sid: isText,
  use: isText,
  sub_type: isText,
  scope: isAnyOf(isEmpty, isText),
  target: isAnyOf(isMissing, isList(isText)),
  agent_session_id: isAnyOf(isEmpty, isText),
  delegation_edge_id: isAnyOf(isEmpty, isText),
  source_session_id: isAnyOf(isEmpty, isText),
  target_session_id: isAnyOf(isEmpty, isText),
  delegation_path: isAnyOf(isMissing, isList(isText)),
  delegation_chain: isAnyOf(isMissing, isList(isLink)),
  hop_count: isAnyOf(isEmpty, isCount),
  delegation_graph_epoch: isAnyOf(isEmpty, isCount),
  // It would bind the mandate to a key that nobody here has seen a proof of.
  cnf: isMissing,
}

/** Whether every claim has its form. Inherited members are not claims. */
export function areSound(claims: Members): boolean {
  return Object.entries(FORMS).every(([name, form]) => form(claimOf(claims, name)))
}

export function claimOf(claims: Members, name: string): unknown {
  return Object.hasOwn(claims, name) ? claims[name] : undefined
}

/** The claim where it says something. */
export function textOf(claims: Members, name: string): string | undefined {
  const value = claimOf(claims, name)
  return isEmpty(value) ? undefined : String(value)
}

export function listOf(claims: Members, name: string): readonly unknown[] {
  const value = claimOf(claims, name)
  if (value === undefined) return []
  return Array.isArray(value) ? value : [value]
}
