// The sockets of Workers: closed with the authority, and nothing left of the watch when either side has closed.

import { liveSocket } from 'caracal-edge/live'
import { expect, it, vi } from 'vitest'
import { aWhile, holdClock, pass } from '../support/held-clock.ts'
import { LIFETIME_MS, liveAuthority } from '../support/live-authority.ts'
import { socketPair } from '../support/upgrade.ts'

holdClock()

function accepted() {
  const [client, server] = socketPair()
  const closed = new Promise((resolve) => {
    client.addEventListener('close', ({ code, reason }) => resolve([code, reason]))
  })
  client.accept()
  return { client, server, closed }
}

it.each(['before', 'after'])('watched %s accept, its client gets 1008 and the code', async (when) => {
  const { server, closed } = accepted()
  const { authority, answers } = await liveAuthority()
  if (when === 'after') server.accept()
  liveSocket(server, authority, { recheckEveryMs: 1_000 })
  if (when === 'before') server.accept()
  answers(() => ({ revoked: true, delegationEpoch: 0 }))
  await pass(1_000)
  expect(await closed).toEqual([1008, 'session_revoked'])
  expect(vi.getTimerCount()).toBe(0)
})

it('one that is accepted after the end is closed all the same', async () => {
  const log = vi.spyOn(console, 'error').mockImplementation(() => {})
  const { server, closed } = accepted()
  const { authority } = await liveAuthority()
  vi.setSystemTime(Date.now() + LIFETIME_MS)
  liveSocket(server, authority)
  server.accept()
  await pass(5_000)
  expect(await closed).toEqual([1008, 'invalid_token'])
  expect(log).toHaveBeenCalledTimes(1)
  log.mockRestore()
})

it.each(['client', 'server'] as const)('nothing is left when the %s has closed', async (who) => {
  const ends = accepted()
  const { authority, asked } = await liveAuthority()
  ends.server.accept()
  liveSocket(ends.server, authority, { recheckEveryMs: 1_000 })
  ends[who].close(1000, 'bye')
  await aWhile()
  expect(vi.getTimerCount()).toBe(0)
  await pass(LIFETIME_MS)
  expect(asked()).toBe(0)
})

it('a message that is under way still arrives, at a socket that is no longer open', async () => {
  const { client, server, closed } = accepted()
  const { authority } = await liveAuthority()
  server.accept()
  liveSocket(server, authority)
  const states: number[] = []
  server.addEventListener('message', () => {
    states.push(server.readyState)
  })
  client.send('before')
  await aWhile()
  vi.advanceTimersByTime(LIFETIME_MS)
  client.send('late')
  await closed
  await aWhile()
  expect(states).toEqual([1, 2])
})
