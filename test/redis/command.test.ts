// State and streams need nothing of Redis but a function that sends a command: here over TCP, without Upstash.

import { expect, it } from 'vitest'
import { type Command, runScript } from '../../src/redis/command.ts'
import { RedisLookup } from '../../src/redis/redis-lookup.ts'
import { RedisState } from '../../src/redis/redis-state.ts'
import { SharedQuestions } from '../../src/redis/shared-questions.ts'
import { type SyncPlan, syncPass } from '../../src/streams/sync.ts'
import { describeRedis, type TestRedis } from './support.ts'

const PREFIX = 'caracal:revoked:sessions:'

const PLAN: SyncPlan = {
  groups: { revocations: 'mine-revocation', delegations: 'mine-delegation' },
  consumer: 'caracal-edge',
  keyPrefix: PREFIX,
  keys: undefined,
  ttlMs: 86_400_000,
  lossHoldMs: 900_000,
  giveUp: ['restarted'],
  maxMessages: 1_000,
  maxDurationMs: 20_000,
}

function overTcp(redis: TestRedis, maxSyncAgeMs?: number) {
  const commands: Command[] = []
  const send = (command: Command): Promise<unknown> => {
    commands.push(command)
    return redis.run(...command)
  }
  const questions = new SharedQuestions(send, 5_000)
  const lookup = new RedisLookup(questions, PREFIX, maxSyncAgeMs)
  return { commands, send, lookup, state: new RedisState((...script) => runScript(send, ...script), PREFIX) }
}

describeRedis('over TCP', (redis) => {
  it('the state is marked and read, one command each', async () => {
    const { commands, lookup, state } = overTcp(redis)
    await state.markRevoked(['record-1', 'record-2'], 60_000)
    await state.raiseEpochs([['zone-1', 2n ** 53n]], 60_000)
    expect(await lookup.read({ anchors: ['record-0', 'record-2'], zoneId: 'zone-1' })).toEqual({
      revoked: true,
      delegationEpoch: Number.POSITIVE_INFINITY,
    })
    expect(await lookup.read({ anchors: ['record-0'], zoneId: undefined })).toEqual({
      revoked: false,
      delegationEpoch: 0,
    })
    expect(commands.map(([name]) => name)).toEqual(['EVAL', 'EVAL', 'MGET', 'MGET'])
  })

  it('a pass applies what is in the streams, and an idle one costs three commands', async () => {
    await redis.run('XADD', 'caracal.sessions.revoke', '*', 'zone_id', 'zone-1', 'session_id', 'record-1')
    await redis.run('XADD', 'caracal.sessions.revoke', '*', 'zone_id', 'zone-1')
    await redis.run('XADD', 'caracal.delegations.invalidate', '*', 'zone_id', 'zone-1', 'epoch', '7')
    const { commands, send, lookup } = overTcp(redis, 60_000)
    expect(await syncPass(send, PLAN)).toMatchObject({ applied: 2, deadLettered: 1, caughtUp: true })
    expect(await lookup.read({ anchors: ['record-1'], zoneId: 'zone-1' })).toEqual({
      revoked: true,
      delegationEpoch: 7,
    })
    commands.length = 0
    expect(await syncPass(send, PLAN)).toMatchObject({ applied: 0, caughtUp: true, fault: undefined })
    expect(commands.map(([name]) => name)).toEqual(['EVAL', 'EVAL', 'EVAL'])
  })
})
