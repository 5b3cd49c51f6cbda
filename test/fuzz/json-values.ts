// Any JSON, as text: what JSON.stringify would never write is in it too.

import fc from 'fast-check'

const ODD = [
  'null',
  'true',
  'false',
  '0',
  '-0',
  '-1',
  '1.5',
  '1.0',
  '1e3',
  '1e400',
  '9007199254740991',
  '9007199254740992',
  '18446744073709551616',
  '""',
  '" "',
  '"0"',
  '"1800000300"',
  '"\\u0000"',
  '"\\ud800"',
  '"resource"',
  '[]',
  '[null]',
  '[""]',
  '[[]]',
  '["x"]',
  '{}',
  '{"0":"x","length":1}',
  '{"__proto__":{"application_id":"x"}}',
  '{"toString":1}',
]

export const jsonText = fc.oneof(
  { arbitrary: fc.constantFrom(...ODD), weight: 3 },
  { arbitrary: fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.stringify(value)), weight: 1 },
  { arbitrary: fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)), weight: 1 },
  { arbitrary: fc.integer({ min: 1, max: 12 }).map((power) => `"${'x'.repeat(2 ** power)}"`), weight: 1 },
)

/** A value that is nearly the one given: in a list, in other letters, with something in front or behind. */
export function nearly(value: unknown): fc.Arbitrary<string> {
  const [text, json] = [String(value), JSON.stringify(value)]
  return fc.constantFrom(
    ...[`${text} `, ` ${text}`, `${text}/`, `${text}\n`, text.toUpperCase(), text.slice(0, -1)].map((near) =>
      JSON.stringify(near),
    ),
    JSON.stringify([value]),
    JSON.stringify([[value]]),
    JSON.stringify({ 0: value, length: 1 }),
    JSON.stringify(json),
    json.replace(/[a-z]/, (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`),
  )
}
