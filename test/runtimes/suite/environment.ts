// What the environment leaves out is named: at the start, or where options are a function, at the first request. That
// function is called once.

import { describe, expect, test } from 'vitest'
import type { Deployment } from '../deployment.ts'
import { ask } from '../requests.ts'
import { expectDenial } from './denials.ts'

const ISSUER = ['CARACAL_STS_URL', 'CARACAL_ZONE_ID', 'CARACAL_AUDIENCE']
const STORE = ['UPSTASH_REDIS_REST_URL', 'UPSTASH_REDIS_REST_TOKEN']

export function environment(at: Deployment): void {
  describe('environment', () => {
    test.for(at.runtime.isOptionsFunctionOnly ? [ISSUER, STORE] : [STORE])(
      'with options as a function, what is missing is logged and answered 500: %s …',
      async (...[names]) => {
        const program = await at.startAnother({ without: names, also: { OPTIONS_FORM: 'function' } })
        try {
          const mandate = await at.issuer.mint()
          const answer = await ask(program.origin, at.path('/x'), { mandate })
          expectDenial(answer, { code: 'server_error' })
          for (const name of names) await expect.poll(program.output).toContain(name)
          for (const name of names) expect(String(answer.body)).not.toContain(name)
        } finally {
          await program.stop()
        }
      },
    )

    test('options as a function that looks at what the platform passes are made once', async () => {
      const program = await at.startAnother({ without: [], also: { OPTIONS_FORM: 'function' } })
      try {
        const calls: unknown[] = []
        for (let count = 0; count < 5; count++) {
          const { json } = await ask(program.origin, at.path('/x'), { mandate: await at.issuer.mint() })
          calls.push(json.optionsCalls)
        }
        expect(calls).toEqual(Array(5).fill(1))
        expect(program.output()).not.toContain('does not know an argument')
      } finally {
        await program.stop()
      }
    })

    if (at.runtime.isOptionsFunctionOnly) return
    test('with options as an object, what is missing is named and nothing starts', async () => {
      const start = at.startAnother({ without: ISSUER })
      const outcome = await start.then((program) => program.stop(), String)
      for (const name of ISSUER) expect(outcome).toContain(name)
    })
  })
}
