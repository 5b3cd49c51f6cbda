// What a pass believes of an answer: messages of exactly the form that Redis gives them, in whatever pieces they come.

import { syncRevocations } from 'caracal-edge/upstash'
import { expect, it } from 'vitest'
import { answer } from './endpoint-faults.ts'
import { caughtUp, deadLettersOf, publish, REVOCATIONS, revocationOf, sync } from './streams.ts'
import { describeRedis, nameOf, sleep } from './support.ts'

describeRedis('an answer', (redis) => {
  it.each([
    { command: 'XAUTOCLAIM', body: '{}' },
    { command: 'XAUTOCLAIM', body: '{"result":null}' },
    { command: 'XAUTOCLAIM', body: '{"result":["0-0"]}' },
    { command: 'XAUTOCLAIM', body: '{"result":[0,[],[]]}' },
    { command: 'XAUTOCLAIM', body: '{"result":["0-0",{},[]]}' },
    { command: 'XAUTOCLAIM', body: '{"result":["0-0",[[7,["sid","record-1"]]],[]]}' },
    { command: 'XREADGROUP', body: '{}' },
    { command: 'XREADGROUP', body: '{"result":[]}' },
    { command: 'XREADGROUP', body: '{"result":"none"}' },
    { command: 'XREADGROUP', body: '{"result":[["stream"]]}' },
    { command: 'XREADGROUP', body: '{"result":[["stream",["1-1"]]]}' },
    { command: 'XREADGROUP', body: '{"result":[["stream",[[7,["sid","record-1"]]]]]}' },
    { command: 'XPENDING', body: '{}' },
    { command: 'XACK', body: '{"result":null}' },
  ])('to $command that reads $body is not believed', async ({ command, body }) => {
    await publish(redis, REVOCATIONS, ...revocationOf('record-1'))
    redis.intervention = (exchange) => nameOf(exchange) === command && answer(200, body)(exchange)
    expect(await sync(redis)).toMatchObject({ caughtUp: false, deadLettered: 0, fault: 'malformed' })
  })

  it.each([
    { fields: '["sid",7]', because: 'a value is no text' },
    { fields: '[7,"record-1"]', because: 'a name is no text' },
    { fields: '["sid"]', because: 'a value is missing' },
    { fields: 'null', because: 'there are no fields' },
    { fields: '{"sid":"record-1"}', because: 'they are no list' },
  ])('with the fields $fields holds poison, because $because', async ({ fields }) => {
    let isFirst = true
    redis.intervention = (exchange) => {
      if (nameOf(exchange) !== 'XREADGROUP' || !isFirst) return false
      isFirst = false
      return answer(200, `{"result":[["stream",[["1-1",${fields}]]]]}`)(exchange)
    }
    const report = syncRevocations({ ...redis.database, unsignedStreams: 'accept' })
    expect(await report).toEqual(caughtUp({ deadLettered: 1 }))
    expect(await deadLettersOf(redis, REVOCATIONS)).toMatchObject([{ source_id: '1-1', reason: 'malformed' }])
  })

  it('with a gap, where older Redis has a message that was deleted, is read around it', async () => {
    await publish(redis, REVOCATIONS, ...revocationOf('record-1'))
    redis.intervention = (exchange) =>
      nameOf(exchange) === 'XAUTOCLAIM' && answer(200, '{"result":["0-0",[null]]}')(exchange)
    await redis.run('XGROUP', 'CREATE', REVOCATIONS, 'resource-revocation', 0)
    expect(await sync(redis)).toEqual({ ...caughtUp({ applied: 1 }), caughtUp: false, fault: 'trimmed' })
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

  it('with bytes that are no UTF-8 is poison, and holds up nothing', async () => {
    const [id] = await publish(redis, REVOCATIONS, ...revocationOf('record-X', 'record-1'))
    redis.intervention = async (exchange) => {
      if (nameOf(exchange) !== 'XREADGROUP') return false
      const body = Buffer.from(JSON.stringify((await exchange.run()).body))
      body[body.indexOf('X"')] = 0xff
      exchange.response.end(body)
      return true
    }
    expect(await sync(redis)).toEqual(caughtUp({ applied: 1, deadLettered: 1 }))
    expect(await deadLettersOf(redis, REVOCATIONS)).toMatchObject([
      { source_id: id, reason: 'bad_signature' },
    ])
  })
})
