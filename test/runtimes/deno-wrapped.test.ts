// What a client without a mandate can ask for does not end a server on Deno, whatever is made of the guard's answer.

import { createTestIssuer } from 'caracal-edge/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RunningProgram } from '../examples/support/running-program.ts'
import { skip } from './describe-runtime.ts'
import { ask } from './requests.ts'
import { missingUnless } from './runtime.ts'

const DENO = 'node_modules/.bin/deno'
const COMMAND = `${DENO} run --cached-only --no-prompt --allow-net=127.0.0.1 --allow-env test/runtimes/subject/deno-wrapped.mjs`

const UPGRADE = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
}

const issuer = createTestIssuer()

const missing = missingUnless(DENO)
if (missing === undefined) {
  describe('on Deno, an upgrade without a mandate', () => {
    let program: RunningProgram
    let origin = ''
    beforeAll(async () => {
      const { issuer: iss, expectedZoneId, audience } = issuer.options
      const keySet = { jwks: await issuer.jwks() }
      const TRUSTED = JSON.stringify({ issuer: iss, expectedZoneId, audience, keySet })
      program = new RunningProgram(COMMAND, { TRUSTED })
      ;[origin] = await program.untilItPrints(/http:\/\/127\.0\.0\.1:\d+/)
    }, 60_000)
    afterAll(() => program?.stop())

    const statusOf = async (path: string, sent = {}) => (await ask(origin, path, sent)).status

    test.each([
      { path: '/page', answer: 'a page of the app', status: 403 },
      { path: '/late', answer: 'a timeout of the app', status: 504 },
    ])('that is answered with $answer leaves the server running', async ({ path, status }) => {
      expect(await statusOf(path, { headers: UPGRADE })).toBe(status)
      expect(await statusOf('/page', { mandate: await issuer.mint() })).toBe(200)
    })
  })
} else skip('Deno, wrapped', missing)
