// A refused WebSocket on the real Bun, however the guarded app is served: no handler of the app is called.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { RunningProgram } from '../examples/support/running-program.ts'
import { missingUnless } from './runtime.ts'

const BUN = 'node_modules/.bin/bun'
type Ports = Readonly<Record<string, number>>

interface Served {
  readonly mandate: string
  readonly ports: Ports
  readonly portsByFunction: Ports
  readonly portOfClosing: number
}

const WAYS = ['its own handlers', "the app's handlers", 'its own handlers, and another open']

describe.skipIf(missingUnless(BUN) !== undefined)('on Bun', () => {
  let program: RunningProgram
  let served: Served

  beforeAll(async () => {
    program = new RunningProgram(`${BUN} test/runtimes/subject/bun-sockets.mjs`, {})
    const [line] = await program.untilItPrints(/^\{.*\}$/m)
    served = JSON.parse(line) as Served
  }, 30_000)
  afterAll(() => program.stop())

  describe.each(['ports', 'portsByFunction'] as const)('with the default (%s), a server with', (given) => {
    test.each(WAYS)('%s refuses in plain HTTP', async (way) => {
      const port = served[given][way]
      expect(await outcomeOf(port)).toEqual({ status: 401 })
      expect(await outcomeOf(port, 'hunter2')).toEqual({ status: 401 })
    })

    test.each(WAYS)('%s lets a mandate in', async (way) => {
      expect(await outcomeOf(served[given][way], served.mandate)).toEqual({ heard: expect.any(String) })
    })
  })

  test("with 'close' and its own handlers, a refused one is closed with the reason", async () => {
    expect(await outcomeOf(served.portOfClosing)).toEqual({ closed: [1008, 'missing_token'] })
    expect(await outcomeOf(served.portOfClosing, 'hunter2')).toEqual({ closed: [1008, 'invalid_token'] })
    expect(await outcomeOf(served.portOfClosing, served.mandate)).toEqual({ heard: 'open: user-7' })
  })
})

/** What came first: something that a handler said, a close, or an answer in HTTP. */
async function outcomeOf(port: number | undefined, mandate?: string): Promise<unknown> {
  const headers = mandate === undefined ? {} : { authorization: `Bearer ${mandate}` }
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { headers })
  try {
    return await new Promise((resolve) => {
      socket.once('unexpected-response', (_, { statusCode: status }) => resolve({ status }))
      socket.once('message', (text) => resolve({ heard: String(text) }))
      socket.once('close', (code, reason) => resolve({ closed: [code, String(reason)] }))
      socket.once('error', () => {})
    })
  } finally {
    socket.terminate()
  }
}
