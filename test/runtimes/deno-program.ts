// A program of the tests on Deno, with the network and its environment, which trusts one issuer.

import type { TestIssuer } from 'caracal-edge/testing'
import { afterAll, beforeAll } from 'vitest'
import { RunningProgram } from '../examples/support/running-program.ts'
import { missingUnless } from './runtime.ts'

const DENO = 'node_modules/.bin/deno'

export const missingDeno = missingUnless(DENO)

/**
 * Runs a file of `test/runtimes/subject` for all tests of the group.
 * @returns what gives the program's origin, once they run
 */
export function runOnDeno(file: string, issuer: TestIssuer): () => string {
  const command = `${DENO} run --cached-only --no-prompt --allow-net=127.0.0.1 --allow-env test/runtimes/subject/${file}`
  let program: RunningProgram | undefined
  let origin = ''
  beforeAll(async () => {
    const { issuer: iss, expectedZoneId, audience } = issuer.options
    const keySet = { jwks: await issuer.jwks() }
    const TRUSTED = JSON.stringify({ issuer: iss, expectedZoneId, audience, keySet })
    program = new RunningProgram(command, { TRUSTED })
    ;[origin] = await program.untilItPrints(/http:\/\/127\.0\.0\.1:\d+/)
  }, 60_000)
  afterAll(() => program?.stop())
  return () => origin
}
