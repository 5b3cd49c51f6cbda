// Spellings of the Authorization header: only one bearer credential, and it alone, lets a good mandate in.

import fc from 'fast-check'
import { expect } from 'vitest'
import { CALM, CALM_OPTIONS, MANDATE } from './calm.ts'
import { forge } from './forge.ts'
import { guardWith, watchTheGuard } from './guard.ts'
import { keyOf } from './keys.ts'
import { GOOD } from './mandates.ts'
import { rightAnswers } from './model.ts'
import { property } from './runs.ts'

watchTheGuard()

const bad = forge(GOOD, keyOf(GOOD.zone_id), { at: 'signature', by: 'stranger' })
const guard = guardWith(CALM_OPTIONS)

const nearly = <T>(right: fc.Arbitrary<T>, wrong: fc.Arbitrary<T>) =>
  fc.oneof({ arbitrary: right, weight: 3 }, { arbitrary: wrong, weight: 1 })

const scheme = nearly(
  fc.mixedCase(fc.constant('bearer')),
  fc.constantFrom(
    '',
    'Basic',
    'DPoP',
    'Bearers',
    'Beare',
    'Bearer:',
    '"Bearer"',
    ' Bearer',
    '\ufeffBearer',
    'ßearer',
  ),
)
const blank = nearly(
  fc.constantFrom(' ', '  ', '        '),
  fc.constantFrom('', '\t', '\n', '\r\n ', '\u00a0', '\u2003', '\0', '%20', '+', '=', ','),
)
const credential = fc.oneof(
  { arbitrary: fc.constant(MANDATE), weight: 4 },
  {
    arbitrary: fc.constantFrom(
      '',
      bad,
      `"${MANDATE}"`,
      `token=${MANDATE}`,
      encodeURIComponent(`${MANDATE} `),
    ),
    weight: 1,
  },
  { arbitrary: fc.string(), weight: 1 },
)
const behind = fc.oneof(
  { arbitrary: fc.constant(''), weight: 4 },
  {
    arbitrary: fc.constantFrom(
      ' ',
      '\t',
      ',',
      ', Basic eDp5',
      `, Bearer ${MANDATE}`,
      ` ${MANDATE}`,
      ';',
      '\0',
      '=',
    ),
    weight: 1,
  },
)
/** One line, or several as `Headers` joins them. */
const header = fc
  .array(
    fc.tuple(scheme, blank, credential, behind).map((parts) => parts.join('')),
    { minLength: 1, maxLength: 2 },
  )
  .map((lines) => lines.join(', '))

property('a mandate under any spelling of the Authorization header', {
  cases: fc.noBias(fc.oneof({ arbitrary: header, weight: 9 }, { arbitrary: fc.constant(null), weight: 1 })),
  runs: 500,
  classes: ['admit', 'missing_token', 'invalid_token'],
  async check(authorization) {
    const answer = await guard.answer(authorization)
    expect(rightAnswers({ ...CALM, authorization })).toContain(answer)
    return answer
  },
})
