// A failover in the middle of a pass to a real replica, which was cut off from its Redis some commands before.

import { syncRevocations } from 'caracal-edge/redis'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type RunningRedis, startRedis } from '../../lab/redis-server.mjs'
import { runBefore } from './losses.ts'
import {
  DELEGATIONS,
  epochsOf,
  GROUPS,
  HMAC_KEY,
  listOf,
  PREFIX,
  publish,
  REVOCATIONS,
  revocationOf,
  STREAMS,
  strictSync,
} from './streams.ts'
import { type Command, describeRedis, PATIENT, present, sleep } from './support.ts'

/** What a pass over everything asks. */
const ASKS = 6

describeRedis('a pass', (redis) => {
  let replica: RunningRedis | undefined
  let toMain: Redis | undefined
  let toReplica: Redis | undefined

  beforeAll(async () => {
    replica = await startRedis()
    toReplica = new Redis(replica.port, '127.0.0.1')
    toMain = new Redis(redis.port, '127.0.0.1')
    // Neither of them writes a file.
    await redis.run('CONFIG', 'SET', 'repl-diskless-sync', 'yes', 'repl-diskless-sync-delay', 0)
    await onReplica('CONFIG', 'SET', 'repl-diskless-load', 'swapdb')
  })
  afterAll(async () => {
    toMain?.disconnect()
    toReplica?.disconnect()
    await replica?.stop()
  })

  const onReplica = (...command: Command) => redis.runOn(present(replica).port, ...command)

  /** Waits until the replica has everything. */
  async function catchUp(): Promise<void> {
    const now = String(performance.now())
    await redis.run('SET', 'probe', now)
    while ((await onReplica('GET', 'probe')) !== now) await sleep(2)
  }

  function passOn(clientFor: () => Promise<Redis | undefined>) {
    return syncRevocations({
      ...{ ...PATIENT, hmacKey: HMAC_KEY },
      command: async ([name, ...args]) => present(await clientFor()).call(name, ...args),
    })
  }

  async function ageOnReplica(): Promise<void> {
    for (const stream of STREAMS) {
      for (const row of listOf(await onReplica('XPENDING', stream, GROUPS[stream], '-', '+', 100))) {
        const [id, consumer] = listOf(row).map(String)
        const to = [stream, GROUPS[stream], present(consumer), 0, present(id)]
        await onReplica('XCLAIM', ...to, 'IDLE', 40_000, 'JUSTID')
      }
    }
  }

  it.each([
    { what: 'loses no message', isCut: false, fault: undefined },
    { what: 'forgets no loss', isCut: true, fault: 'trimmed' },
  ])('$what in a failover to a real replica', { timeout: 120_000 }, async ({ isCut, fault }) => {
    const keys = [...(isCut ? ['c'] : ['a', 'b', 'c']), 'delegation-epoch:zone-1'].map((id) => PREFIX + id)
    for (let last = 0; last < ASKS; last++) {
      for (let over = last + 1; over <= ASKS; over++) {
        await redis.reset()
        await onReplica('REPLICAOF', 'NO', 'ONE')
        await onReplica('REPLICAOF', '127.0.0.1', redis.port)
        await runBefore(redis)
        await publish(redis, REVOCATIONS, ...revocationOf('a', 'b', 'c'))
        await publish(redis, DELEGATIONS, ...epochsOf(7))
        if (isCut) {
          await strictSync(redis, { maxMessages: 1 })
          await redis.run('XTRIM', REVOCATIONS, 'MAXLEN', 1)
        }
        let asked = 0
        const report = await passOn(async () => {
          if (asked === last) {
            await catchUp()
            await onReplica('REPLICAOF', 'NO', 'ONE')
          }
          return asked++ < over ? toMain : toReplica
        })
        if (asked <= last) continue
        const when = `cut off before ${last}, over before ${over}`
        if (report.caughtUp) expect(isCut, when).toBe(false)
        if (report.caughtUp && asked > over)
          expect(await onReplica('MGET', ...keys), when).not.toContain(null)
        for (let pass = 0; pass < 2; pass++) {
          await ageOnReplica()
          await passOn(async () => toReplica)
        }
        expect(await onReplica('MGET', ...keys), when).not.toContain(null)
        expect(await passOn(async () => toReplica), when).toMatchObject({ caughtUp: !isCut, fault })
      }
    }
  })
})
