// The result of something that can fail in expected ways: a value, or the reason why there is none.

export type Result<Value, Reason> = Success<Value> | Failure<Reason>

interface Success<Value> {
  readonly ok: true
  readonly value: Value
}

interface Failure<Reason> {
  readonly ok: false
  readonly reason: Reason
}

export function success<Value>(value: Value): Success<Value> {
  return { ok: true, value }
}

export function failure<Reason>(reason: Reason): Failure<Reason> {
  return { ok: false, reason }
}
