// The token of a replicated database: what a mark has confirmed must be in every later reply, in whatever order replies arrive.

import { UpstashRevocationStore } from 'caracal-edge/upstash'
import { expect, it } from 'vitest'
import { describeRedis, PATIENT, type TestRedis } from './support.ts'

const QUERY = { anchors: ['record-1'], zoneId: undefined }

/** Each answer waits until it is let through. The one to the n-th command has the token `token-n`. */
function heldAnswers(redis: TestRedis) {
  const tokens: unknown[] = []
  const doors = new Map<number, () => void>()
  redis.intervention = async ({ request, response }) => {
    const number = tokens.push(request.headers['upstash-sync-token'])
    await new Promise<void>((open) => doors.set(number, open))
    response.setHeader('Upstash-Sync-Token', `token-${number}`)
  }
  const store = new UpstashRevocationStore({ ...redis.database, ...PATIENT })
  const commands: Promise<unknown>[] = []
  return {
    /** With which each command was sent. */
    tokens,
    async send(kind: string) {
      commands.push(kind === 'mark' ? store.markRevoked('record-1') : store.lookup(QUERY))
      await expect.poll(() => tokens.length).toBe(commands.length)
    },
    async answer(number: number) {
      doors.get(number)?.()
      await commands[number - 1]
    },
  }
}

describeRedis('the sync token', (redis) => {
  it.each([
    {
      title: 'stays when a look-up from before it ends',
      sent: ['look-up', 'mark'],
      answered: [2, 1],
      next: 2,
    },
    {
      title: 'stays when a look-up from meanwhile ends',
      sent: ['mark', 'look-up'],
      answered: [1, 2],
      next: 1,
    },
    { title: 'stays when an older mark ends', sent: ['mark', 'mark'], answered: [2, 1], next: 2 },
    { title: 'takes the place of that of a look-up', sent: ['mark', 'look-up'], answered: [2, 1], next: 1 },
    { title: 'takes the place of that of an older mark', sent: ['mark', 'mark'], answered: [1, 2], next: 2 },
  ])('of a mark $title', async ({ sent, answered, next }) => {
    const held = heldAnswers(redis)
    for (const kind of sent) await held.send(kind)
    for (const number of answered) await held.answer(number)
    await held.send('look-up')
    await held.answer(3)
    expect(held.tokens).toEqual(['', '', `token-${next}`])
  })

  it('of a look-up that was sent after a mark is taken over: it includes the mark', async () => {
    const held = heldAnswers(redis)
    for (const [index, kind] of ['mark', 'look-up', 'look-up'].entries()) {
      await held.send(kind)
      await held.answer(index + 1)
    }
    expect(held.tokens).toEqual(['', 'token-1', 'token-2'])
  })

  it('of a slow look-up does not replace that of a faster one', async () => {
    const held = heldAnswers(redis)
    for (const kind of ['look-up', 'look-up']) await held.send(kind)
    await held.answer(2)
    await held.answer(1)
    await held.send('look-up')
    await held.answer(3)
    expect(held.tokens).toEqual(['', '', 'token-2'])
  })
})
