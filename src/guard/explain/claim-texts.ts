// What the checks of claims found and want, in words. A check without its row does not compile.

import { quoted } from '../../lib/quoted.ts'
import { MANDATE_USES, type VerifiedClaims } from '../../mandate.ts'
import type { Rule } from '../configuration.ts'
import { type CLAIM_CHECKS, type KIND_CHECKS, SUBJECT_TYPES } from '../validity.ts'
import { shownList, shownTime } from './shown.ts'

interface ClaimTexts {
  readonly found: (claims: VerifiedClaims, nowMs: number) => string
  readonly wanted: (rule: Rule, nowMs: number, clockToleranceSeconds: number) => string
}

const byThen = (nowMs: number, toleranceSeconds: number) =>
  `${shownTime(Math.floor(nowMs / 1000) + toleranceSeconds)} or before`

export const CLAIM_TEXTS: { readonly [Name in keyof typeof CLAIM_CHECKS]: ClaimTexts } = {
  issuer: {
    found: ({ issuer }) => quoted(issuer),
    wanted: ({ issuer }) => quoted(issuer),
  },
  audience: {
    found: ({ audience }) => shownList(audience),
    wanted: ({ audience }) => quoted(audience),
  },
  expiresAt: {
    found: ({ expiresAt }) => shownTime(expiresAt),
    wanted: (_rule, nowMs) => `later than ${shownTime(Math.floor(nowMs / 1000))}`,
  },
  issuedAt: {
    found: ({ issuedAt }) => shownTime(issuedAt),
    wanted: (_rule, nowMs, toleranceSeconds) => byThen(nowMs, toleranceSeconds),
  },
  notBefore: {
    found: ({ notBefore }) => (notBefore === undefined ? 'none' : shownTime(notBefore)),
    wanted: (_rule, nowMs, toleranceSeconds) => `none, or ${byThen(nowMs, toleranceSeconds)}`,
  },
  lifetime: {
    found: ({ issuedAt, expiresAt }, nowMs) =>
      `${expiresAt - issuedAt} seconds from iat, ${Math.ceil(expiresAt - nowMs / 1000)} from now`,
    wanted: ({ maxLifetimeSeconds }) => `at most ${maxLifetimeSeconds} seconds, from iat and from now`,
  },
  zoneId: {
    found: ({ zoneId }) => quoted(zoneId),
    wanted: ({ expectedZoneId }) => shownList(expectedZoneId, ' or '),
  },
}

interface KindTexts {
  readonly found: (claims: VerifiedClaims) => string
  readonly wanted: string
}

export const KIND_TEXTS: { readonly [Name in keyof typeof KIND_CHECKS]: KindTexts } = {
  use: { found: ({ use }) => quoted(use), wanted: shownList(MANDATE_USES, ' or ') },
  subType: { found: ({ subType }) => quoted(subType), wanted: shownList(SUBJECT_TYPES, ' or ') },
}
