// What `doctor` finds.

type Check =
  | 'environment'
  | 'issuer'
  | 'zone'
  | 'clock'
  | 'redis'
  | 'eviction'
  | 'heartbeat'
  | 'stream'
  | 'dead letters'

export interface Finding {
  readonly check: Check
  /** `note` is no fault: to be known, or it could not be asked. */
  readonly state: 'good' | 'note' | 'bad'
  readonly text: string
  /** What to do. */
  readonly advice?: string
}

export const good = (check: Check, text: string): Finding => ({ check, state: 'good', text })

export const note = (check: Check, text: string, advice?: string): Finding => ({
  check,
  state: 'note',
  text,
  ...(advice !== undefined && { advice }),
})

export const bad = (check: Check, text: string, advice: string): Finding => ({
  check,
  state: 'bad',
  text,
  advice,
})

/** A time in words. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 120_000) return `${Math.round(ms / 1_000)} s`
  return ms < 7_200_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`
}
