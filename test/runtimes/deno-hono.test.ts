// Hono on Deno: a refused WebSocket is closed by the guard that answers last, whatever the app answers to errors.

import { createTestIssuer } from 'caracal-edge/testing'
import { describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { missingDeno, runOnDeno } from './deno-program.ts'
import { skip } from './describe-runtime.ts'

const issuer = createTestIssuer()

if (missingDeno === undefined) {
  describe('Hono on Deno', () => {
    const originOf = runOnDeno('deno-hono.mjs', issuer)

    /** What a client hears: messages, then the code and the reason of the end. */
    const heard = (path: string, mandate?: string) =>
      new Promise<readonly unknown[]>((resolve, reject) => {
        const headers = mandate === undefined ? {} : { authorization: `Bearer ${mandate}` }
        const socket = new WebSocket(`${originOf().replace('http', 'ws')}${path}`, { headers })
        const messages: string[] = []
        socket.on('error', reject)
        socket.on('message', (data) => {
          messages.push(String(data))
          socket.close(1000)
        })
        socket.on('close', (code, reason) => resolve([...messages, code, String(reason)]))
      })

    test.each(['/strict', '/either', '/passed-on'])('%s closes a socket without a mandate', async (path) => {
      expect(await heard(path)).toEqual([1008, 'missing_token'])
    })

    test('one guard closes the socket, and where another one admits it, it is opened', async () => {
      const mandate = await issuer.mint()
      expect(await heard('/strict', mandate)).toEqual([1008, 'insufficient_scope'])
      expect(await heard('/either', mandate)).toEqual(['hello user-1', 1000, ''])
    })
  })
} else skip('Hono on Deno', missingDeno)
