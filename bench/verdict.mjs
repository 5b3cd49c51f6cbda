// Says whether a goal is met: compares what was measured as it is, and prints what it compares.
// @ts-check

/**
 * @param {string} goal
 * @param {number | undefined} value
 * @param {number | undefined} limit the most that is allowed
 * @param {string} unit may be empty
 * @param {string} [from] what the value was computed from
 */
export function verdict(goal, value = Number.NaN, limit = Number.NaN, unit, from) {
  if (Number.isNaN(value) || Number.isNaN(limit)) return `${goal}: nothing to compare with`
  const isMet = value <= limit
  const [left, right] = told(value, limit)
  const compared = `${left} ${isMet ? '≤' : '>'} ${right} ${unit}`.trimEnd()
  return `${goal}: ${isMet ? 'met' : 'missed'} (${compared}${from === undefined ? '' : `; ${from}`})`
}

/** Both with three digits, or with as many as it takes to see which one is larger. @param {number} value @param {number} limit */
function told(value, limit) {
  for (let digits = 3; digits < 17; digits++) {
    const [left, right] = [Number(value.toPrecision(digits)), Number(limit.toPrecision(digits))]
    if (Math.sign(left - right) === Math.sign(value - limit)) return [left, right]
  }
  return [value, limit]
}

/** As many digits as a clock can give. @param {number} value */
export function exact(value) {
  return Number(value.toPrecision(6))
}
