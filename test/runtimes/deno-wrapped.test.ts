// What a client without a mandate can ask for does not end a server on Deno, whatever is made of the guard's answer.

import { createTestIssuer } from 'caracal-edge/testing'
import { describe, expect, test } from 'vitest'
import { missingDeno, runOnDeno } from './deno-program.ts'
import { skip } from './describe-runtime.ts'
import { ask } from './requests.ts'

const UPGRADE = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
}

const issuer = createTestIssuer()

if (missingDeno === undefined) {
  describe('on Deno, an upgrade without a mandate', () => {
    const originOf = runOnDeno('deno-wrapped.mjs', issuer)

    const statusOf = async (path: string, sent = {}) => (await ask(originOf(), path, sent)).status

    test.each([
      { path: '/page', answer: 'a page of the app', status: 403 },
      { path: '/late', answer: 'a timeout of the app', status: 504 },
    ])('that is answered with $answer leaves the server running', async ({ path, status }) => {
      expect(await statusOf(path, { headers: UPGRADE })).toBe(status)
      expect(await statusOf('/page', { mandate: await issuer.mint() })).toBe(200)
    })
  })
} else skip('Deno, wrapped', missingDeno)
