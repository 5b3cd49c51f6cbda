// The memory that a body takes while it arrives in the smallest chunks. The text of each chunk would take 32 bytes.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { call, post, serverWith } from '../support/mcp.ts'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

function heapUsed(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

const CHUNKS = 300_000

it('a body in chunks of one byte takes no more memory than its bytes', async () => {
  const { fetch } = serverWith({ tools: { a: {} } })
  const text = new TextEncoder().encode(JSON.stringify(call('a')))
  const before = heapUsed()
  let [sent, most] = [0, 0]
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (sent === CHUNKS) most = heapUsed() - before
        // Blanks after the message.
        if (sent < CHUNKS) controller.enqueue(Uint8Array.of(text[sent] ?? 0x20))
        else controller.close()
        sent++
      },
    },
    { highWaterMark: 0 },
  )
  expect((await fetch(await post(body))).status).toBe(200)
  expect(most).toBeLessThan(4_000_000)
})
