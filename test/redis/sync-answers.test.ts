// Which answers a pass accepts: messages in exactly the form that Redis gives them, in pieces of any size.

import { syncRevocations } from 'caracal-edge/upstash'
import { expect, it } from 'vitest'
import { answer } from './endpoint-faults.ts'
import { caughtUp, deadLettersOf, publish, REVOCATIONS, revocationOf, sync } from './streams.ts'
import { describeRedis, nameOf, onCommand, sleep } from './support.ts'

describeRedis('an answer', (redis) => {
  it.each([
    { command: 'TAKE', body: '{}' },
    { command: 'TAKE', body: '{"result":null}' },
    { command: 'TAKE', body: '{"result":[]}' },
    { command: 'TAKE', body: '{"result":["",1]}' },
    { command: 'TAKE', body: '{"result":[null,1,[],"",""]}' },
    { command: 'TAKE', body: '{"result":["",1,{},"",""]}' },
    { command: 'TAKE', body: '{"result":["",1,["1-1"],"",""]}' },
    { command: 'TAKE', body: '{"result":["",1,[[7,["sid","record-1"]]],"",""]}' },
    { command: 'TAKE', body: '{"result":["",1,[],null,""]}' },
    { command: 'TAKE', body: '{"result":["",1,[],"1-1",null]}' },
    { command: 'TAKE', body: '{"result":["",1,[],""]}' },
    { command: 'BEAT', body: '{}' },
    { command: 'BEAT', body: '{"result":null}' },
    { command: 'BEAT', body: '{"result":[]}' },
    { command: 'BEAT', body: '{"result":["1"]}' },
    { command: 'BEAT', body: '{"result":[1,"trimmed"]}' },
    { command: 'BEAT', body: '{"result":[0,"a word"]}' },
    { command: 'MARK', body: '{"result":null}' },
  ])('to $command that reads $body is not believed', async ({ command, body }) => {
    await publish(redis, REVOCATIONS, ...revocationOf('record-1'))
    redis.intervention = onCommand(command, answer(200, body))
    expect(await sync(redis)).toMatchObject({ caughtUp: false, deadLettered: 0, fault: 'malformed' })
  })

  it.each([
    { fields: '["sid",7]', because: 'a value is not a text' },
    { fields: '[7,"record-1"]', because: 'a name is not a text' },
    { fields: '["sid"]', because: 'a value is missing' },
    { fields: 'null', because: 'there are no fields' },
    { fields: '{"sid":"record-1"}', because: 'they are not a list' },
  ])('with the fields $fields holds poison, because $because', async ({ fields }) => {
    let isFirst = true
    redis.intervention = async (exchange) => {
      if (nameOf(exchange) !== 'TAKE' || !isFirst) return false
      isFirst = false
      // It makes the group.
      await exchange.run()
      return answer(200, `{"result":["",1,[["1-1",${fields}]],"",""]}`)(exchange)
    }
    const report = syncRevocations({ ...redis.database, unsignedStreams: 'accept', giveUp: ['restarted'] })
    expect(await report).toEqual(caughtUp({ deadLettered: 1 }))
    expect(await deadLettersOf(redis, REVOCATIONS)).toMatchObject([
      { source_id: '1-1', reason: 'invalid_signature' },
    ])
  })

  it('that breaks off within a character, and then goes on, is read in full', async () => {
    await publish(redis, REVOCATIONS, { session_id: 'record-1', reason: '\u{1f98a}' })
    redis.intervention = async ({ run, response }) => {
      const body = Buffer.from(JSON.stringify((await run()).body))
      const middle = body.indexOf('\u{1f98a}') + 2
      response.writeHead(200).write(body.subarray(0, middle))
      await sleep(10)
      response.end(body.subarray(middle))
      return true
    }
    expect(await sync(redis)).toEqual(caughtUp({ applied: 1 }))
  })

  it('with bytes that are not UTF-8 is dead-lettered, and holds up nothing', async () => {
    const [id] = await publish(redis, REVOCATIONS, ...revocationOf('record-X', 'record-1'))
    redis.intervention = async (exchange) => {
      if (nameOf(exchange) !== 'TAKE') return false
      const body = Buffer.from(JSON.stringify((await exchange.run()).body))
      const at = body.indexOf('X"')
      if (at >= 0) body[at] = 0xff
      exchange.response.end(body)
      return true
    }
    expect(await sync(redis)).toEqual(caughtUp({ applied: 1, deadLettered: 1 }))
    expect(await deadLettersOf(redis, REVOCATIONS)).toMatchObject([
      { source_id: id, reason: 'invalid_signature' },
    ])
  })
})
