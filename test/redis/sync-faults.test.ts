// What can go wrong with a message, and what a pass then does: nothing is acknowledged that is not done, and what is
// delivered twice or late does no harm.

import { UpstashRevocationStore } from 'caracal-edge/upstash'
import { describe, expect, it } from 'vitest'
import { answer } from './endpoint-faults.ts'
import { guardedBy, issuer, REVOKED } from './guarded.ts'
import { lossKey } from './losses.ts'
import {
  add,
  age,
  behind,
  caughtUp,
  DELEGATIONS,
  deadLettersOf,
  deliverTo,
  epochIn,
  epochsOf,
  type Fields,
  GROUPS,
  marksIn,
  PREFIX,
  pendingIn,
  publish,
  REVOCATIONS,
  revocationOf,
  revokedAmong,
  signed,
  sync,
} from './streams.ts'
import { describeRedis, nameOfCommand, onCommand, PATIENT } from './support.ts'

const NO_ANCHOR: readonly Fields[] = [
  {},
  { zone_id: 'zone-1', reason: 'x', grant_id: 'grant-1', outbox_id: '1' },
  { session_id: '', sid: '', root_sid: '', agent_session_id: '', delegation_edge_id: '' },
  { SESSION_ID: 'record-1', 'session_id ': 'record-1' },
]

const BAD_EPOCH: readonly Fields[] = [
  { zone_id: 'zone-1' },
  { epoch: '7' },
  { zone_id: '', epoch: '7' },
  ...['', ' ', '-1', '+7', '7.0', '7e1', '0x7', ' 7', '7\n', 'seven', '\u0667', '7'.repeat(41)].map(
    (epoch) => ({
      zone_id: 'zone-1',
      epoch,
    }),
  ),
]

const POISON = [
  { stream: REVOCATIONS, reason: 'missing_revocation_anchor', messages: NO_ANCHOR },
  { stream: DELEGATIONS, reason: 'invalid_delegation_epoch', messages: BAD_EPOCH },
] as const

describeRedis('poison', (redis) => {
  it.each(POISON)('in $stream goes to the dead letters as $reason', async ({ stream, reason, messages }) => {
    const payloads = messages.map((fields) => signed(stream, fields))
    const ids = await add(redis, stream, payloads)
    expect(await sync(redis)).toEqual(caughtUp({ deadLettered: messages.length }))
    expect(await deadLettersOf(redis, stream)).toEqual(
      payloads.map((payload, at) => ({ source_id: ids[at], reason, payload })),
    )
    expect(await marksIn(redis)).toEqual([])
    expect(await sync(redis)).toEqual(caughtUp())
  })

  it('is written there in the step that acknowledges it', async () => {
    await publish(redis, REVOCATIONS, {}, { reason: 'x' })
    await sync(redis)
    const [bury, ...more] = redis.asked.filter((command) => nameOfCommand(command) === 'BURY')
    expect(bury?.slice(3, 6)).toEqual([REVOCATIONS, lossKey('seen', REVOCATIONS), `${REVOCATIONS}.dead`])
    expect(more).toEqual([])
  })

  it('does not keep what is around it from being applied', async () => {
    await publish(redis, REVOCATIONS, {}, ...revocationOf('record-1'), {}, ...revocationOf('record-2'), {})
    expect(await sync(redis)).toEqual(caughtUp({ applied: 2, deadLettered: 3 }))
    expect(await revokedAmong(redis, ['record-1', 'record-2'])).toHaveLength(2)
  })

  it('stays pending while it cannot be written there, and it alone', async () => {
    await redis.run('SET', `${REVOCATIONS}.dead`, 'no stream')
    const [poisonId] = await publish(redis, REVOCATIONS, {}, ...revocationOf('record-1'))
    expect(await sync(redis)).toEqual(behind({ applied: 1, pending: 1, fault: 'status' }))
    expect(await pendingIn(redis, REVOCATIONS)).toMatchObject([{ id: poisonId }])
    expect(await revokedAmong(redis, ['record-1'])).toHaveLength(1)

    await age(redis, REVOCATIONS)
    expect(await sync(redis)).toEqual(behind({ pending: 1, fault: 'status' }))
    await redis.run('DEL', `${REVOCATIONS}.dead`)
    await age(redis, REVOCATIONS)
    expect(await sync(redis)).toEqual(caughtUp({ deadLettered: 1 }))
    expect(await deadLettersOf(redis, REVOCATIONS)).toMatchObject([{ source_id: poisonId }])
  })

  it('stays pending in every batch that it is in, and is counted', async () => {
    await redis.run('SET', `${REVOCATIONS}.dead`, 'no stream')
    const sound = revocationOf(...Array.from({ length: 150 }, (_, at) => `record-${at}`))
    await publish(redis, REVOCATIONS, {}, ...sound, {}, {})
    expect(await sync(redis)).toEqual(behind({ applied: 150, pending: 3, fault: 'status' }))
  })

  it.each(['{"result":null}', '{"result":2}', '{"result":["1-1"]}', '{}'])(
    'stays pending when the answer to writing it there is %s',
    async (body) => {
      await publish(redis, REVOCATIONS, {})
      redis.intervention = onCommand('BURY', answer(200, body))
      expect(await sync(redis)).toEqual(behind({ pending: 1, fault: 'malformed' }))
      expect(await pendingIn(redis, REVOCATIONS)).toHaveLength(1)
    },
  )
})

describeRedis('a message that another consumer applied and did not acknowledge', (redis) => {
  it('is applied again, which does no harm', async () => {
    const knock = guardedBy(new UpstashRevocationStore({ ...redis.database, ...PATIENT }))
    const mandate = await issuer.mint({ claims: { sid: 'record-1' } })
    await sync(redis)
    await publish(redis, REVOCATIONS, ...revocationOf('record-1'))
    await deliverTo(redis, REVOCATIONS, 1)
    await redis.run('SET', `${PREFIX}record-1`, '1', 'PX', 172_800_000)
    expect(await sync(redis)).toEqual(behind())
    await age(redis, REVOCATIONS)
    expect(await sync(redis)).toEqual(caughtUp({ applied: 1 }))
    expect(await redis.run('PTTL', `${PREFIX}record-1`)).toBeGreaterThan(172_700_000)
    expect(await knock(mandate)).toMatchObject(REVOKED)
  })

  it('in the delegation stream cannot lower an epoch that was raised since', async () => {
    await sync(redis)
    await publish(redis, DELEGATIONS, ...epochsOf(5))
    await deliverTo(redis, DELEGATIONS, 1)
    await publish(redis, DELEGATIONS, ...epochsOf(9))
    expect(await sync(redis)).toEqual(behind({ applied: 1 }))
    await age(redis, DELEGATIONS)
    expect(await sync(redis)).toEqual(caughtUp({ applied: 1 }))
    expect(await epochIn(redis)).toBe('9')
  })
})

describeRedis('messages that come again or in another order', (redis) => {
  it('change nothing when the whole streams are read again', async () => {
    await publish(redis, REVOCATIONS, ...revocationOf('record-1', 'record-2'), {})
    await publish(redis, DELEGATIONS, ...epochsOf(7, 3))
    await sync(redis)
    await redis.run('PEXPIRE', `${PREFIX}record-1`, 172_800_000)
    await redis.run('PEXPIRE', `${PREFIX}delegation-epoch:zone-1`, 172_800_000)
    for (const [stream, group] of Object.entries(GROUPS)) await redis.run('XGROUP', 'SETID', stream, group, 0)
    expect(await sync(redis)).toEqual(caughtUp({ applied: 4, deadLettered: 1 }))
    expect(await epochIn(redis)).toBe('7')
    for (const name of ['record-1', 'delegation-epoch:zone-1']) {
      expect(await redis.run('PTTL', `${PREFIX}${name}`)).toBeGreaterThan(172_700_000)
    }
  })

  it('never lower the epoch, from one pass to the next', async () => {
    const epochs = [5n, 4n, 9n, 10n, 2n ** 53n + 1n, 2n ** 53n, 3n, 2n ** 64n, 11n]
    await publish(redis, DELEGATIONS, ...epochsOf(...epochs))
    let highest = 0n
    for (const epoch of epochs) {
      highest = epoch > highest ? epoch : highest
      expect(await sync(redis, { maxMessages: 1 })).toMatchObject({ applied: 1, pending: 0 })
      expect(await epochIn(redis)).toBe(String(highest))
    }
  })
})

describeRedis('a key that is not what it should be', (redis) => {
  it.each([REVOCATIONS, DELEGATIONS] as const)(
    'in the place of %s holds up that stream alone',
    async (stream) => {
      await publish(redis, REVOCATIONS, ...revocationOf('record-1'))
      await publish(redis, DELEGATIONS, ...epochsOf(7))
      await redis.run('RENAME', stream, 'aside')
      await redis.run('SET', stream, 'no stream')
      expect(await sync(redis)).toEqual(behind({ applied: 1, fault: 'status' }))
      await redis.run('RENAME', 'aside', stream)
      expect(await sync(redis)).toEqual(caughtUp({ applied: 1 }))
    },
  )

  it.each(['no epoch', ''])('in the place of an epoch (%j) holds up that zone alone', async (value) => {
    await redis.run('SET', `${PREFIX}delegation-epoch:zone-1`, value)
    await publish(redis, DELEGATIONS, ...epochsOf(7), { zone_id: 'zone-2', epoch: '8' }, ...epochsOf(9))
    expect(await sync(redis)).toEqual(behind({ applied: 1, pending: 2, fault: 'status' }))
    expect(await pendingIn(redis, DELEGATIONS)).toHaveLength(2)
    expect(await epochIn(redis, 'zone-2')).toBe('8')
    await redis.run('DEL', `${PREFIX}delegation-epoch:zone-1`)
    await age(redis, DELEGATIONS)
    expect(await sync(redis)).toEqual(caughtUp({ applied: 2 }))
    expect(await epochIn(redis)).toBe('9')
  })
})

describe.each(['down', 'away'])('with Redis %s', (state) => {
  describeRedis('a pass', (redis) => {
    it('says so, and the next one does the work', async () => {
      await publish(redis, REVOCATIONS, ...revocationOf('record-1'))
      if (state === 'away') await redis.closeEndpoint()
      else redis.intervention = answer(500, '{"error":"ERR"}')
      const report = await sync(redis)
      if (state === 'away') await redis.openEndpoint()
      redis.intervention = undefined
      expect(report).toEqual(behind({ fault: state === 'away' ? 'network' : 'status' }))
      expect(await sync(redis)).toEqual(caughtUp({ applied: 1 }))
    })
  })
})
