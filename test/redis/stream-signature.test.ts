// The signature of stream messages: the shared vectors, and values that must come back from Redis as they went in.

import { signStreamMessage } from 'caracal-edge/testing'
import { syncRevocations } from 'caracal-edge/upstash'
import { describe, expect, it } from 'vitest'
import { canonical, importStreamKeys, signerOf } from '../../src/streams/signature.ts'
import vectors from './stream-signature-vectors.json' with { type: 'json' }
import {
  add,
  canonicalText,
  caughtUp,
  DELEGATIONS,
  deadLettersOf,
  epochIn,
  type Fields,
  HMAC_KEY,
  marksIn,
  type Pairs,
  publish,
  REVOCATIONS,
  revokedAmong,
  signatureOf,
  signed,
  sync,
} from './streams.ts'
import { describeRedis } from './support.ts'

// Their stream is not one of those that are consumed, so they cannot be sent through a pass.
describe.each(vectors)('the vector "$description"', (vector) => {
  const given = Object.entries(vector.values).filter(([, value]) => value !== null)
  const fields = new Map(given.map(([name, value]) => [name, String(value)]))

  it('has this canonical text', () => {
    expect(canonical(vector.stream, fields)).toBe(vector.expected_canonical)
    expect(canonicalText(vector.stream, [...fields])).toBe(vector.expected_canonical)
  })

  it('has this signature', async () => {
    const keys = await importStreamKeys([vector.hmac_key_hex])
    const withSignature = (signature: string) => new Map([...fields, ['_sig', signature]])
    expect(await signerOf(keys, vector.stream, withSignature(vector.expected_sig_hex))).toBe('current')
    expect(
      await signerOf(keys, `${vector.stream}.dead`, withSignature(vector.expected_sig_hex)),
    ).toBeUndefined()
    expect(await signerOf(keys, vector.stream, withSignature('0'.repeat(64)))).toBeUndefined()
  })

  it('is signed by the producers of these tests in the same way', () => {
    expect(signatureOf(vector.stream, [...fields], vector.hmac_key_hex)).toBe(vector.expected_sig_hex)
  })
})

/** What a client that guesses at types, trims or decodes would change. */
const TEXTS = [
  '',
  ' ',
  ' both sides ',
  '0',
  '007',
  '1e5',
  '1.0',
  '-0',
  '9007199254740993',
  'null',
  'true',
  'undefined',
  'NaN',
  'OK',
  'MQ==',
  '__proto__',
  '"quoted"',
  '{"a":1}',
  '[1,2]',
  '\\u0041\\n',
  'a\nb\r\nc\td\u0000e\u007f',
  'a=b',
  '%41+%20',
  'gr\u00fc\u00df',
  'gru\u0308\u00df',
  '\ufeffmark',
  '\u2028\u2029\u200b',
  '\u{1f98a}\u{10ffff}',
  'x'.repeat(100_000),
]

describeRedis('a signed message', (redis) => {
  it('may hold any value', async () => {
    await publish(redis, REVOCATIONS, ...TEXTS.map((reason) => ({ session_id: 'record-1', reason })))
    expect(await sync(redis)).toEqual(caughtUp({ applied: TEXTS.length }))
  })

  it('may revoke any anchor but an empty one', async () => {
    const anchors = TEXTS.filter((text) => text !== '')
    await publish(redis, REVOCATIONS, ...anchors.map((sid) => ({ zone_id: 'zone-1', sid })))
    expect(await sync(redis)).toEqual(caughtUp({ applied: anchors.length }))
    expect(await revokedAmong(redis, TEXTS)).toEqual(anchors)
  })

  it('may have fields of any name', async () => {
    await publish(redis, REVOCATIONS, ...TEXTS.map((name) => ({ session_id: 'record-1', [name]: 'x' })))
    expect(await sync(redis)).toEqual(caughtUp({ applied: TEXTS.length }))
  })

  it('has its fields sorted by name for the signature, whatever their order and case', async () => {
    const names = ['session_id', 'Zone', 'zone_id', 'a', 'B', '_a', '-', '10', '9', 'sid_', '\u00e4', 'z']
    for (let turn = 0; turn < names.length; turn++) {
      const turned = [...names.slice(turn), ...names.slice(0, turn)]
      const fields: Pairs = turned.map((name) => [name, `value of ${name}`])
      await add(redis, REVOCATIONS, [[['_sig', signatureOf(REVOCATIONS, fields)], ...fields]])
    }
    expect(await sync(redis)).toEqual(caughtUp({ applied: names.length }))
  })

  it('may be signed with the signer of caracal-edge/testing', async () => {
    const fields = { zone_id: 'zone-1', session_id: 'record-1', reason: 'gr\u00fc\u00df' }
    await add(redis, REVOCATIONS, [await signStreamMessage(REVOCATIONS, fields, HMAC_KEY)])
    await add(redis, REVOCATIONS, [await signStreamMessage(DELEGATIONS, fields, HMAC_KEY)])
    await add(redis, DELEGATIONS, [
      await signStreamMessage(DELEGATIONS, { zone_id: 'zone-1', epoch: '7' }, HMAC_KEY),
    ])
    expect(await sync(redis)).toMatchObject({ applied: 2, deadLettered: 1 })
    expect(await revokedAmong(redis, ['record-1'])).toEqual(['record-1'])
    expect(await epochIn(redis, 'zone-1')).toBe('7')
  })

  it('is known by a longer key too, in capitals', async () => {
    const hmacKey = `${HMAC_KEY}AABBCCDD`.toUpperCase()
    const fields = { session_id: 'record-1' }
    await add(redis, REVOCATIONS, [{ ...fields, _sig: signatureOf(REVOCATIONS, fields, hmacKey) }])
    expect(await sync(redis, { hmacKey })).toEqual(caughtUp({ applied: 1 }))
  })
})

const FIELDS: Fields = { zone_id: 'zone-1', session_id: 'record-1', reason: 'test' }
const SIGNATURE = signatureOf(REVOCATIONS, FIELDS)

const BAD: Readonly<Record<string, Fields>> = {
  'without a signature': FIELDS,
  'with an empty one': { ...FIELDS, _sig: '' },
  'with one by another key': { ...FIELDS, _sig: signatureOf(REVOCATIONS, FIELDS, 'f'.repeat(64)) },
  'with one for the other stream': { ...FIELDS, _sig: signatureOf(DELEGATIONS, FIELDS) },
  'with one for no stream': { ...FIELDS, _sig: signatureOf('', FIELDS) },
  'with one in capitals': { ...FIELDS, _sig: SIGNATURE.toUpperCase() },
  'with one that is cut off': { ...FIELDS, _sig: SIGNATURE.slice(0, -1) },
  'with half of one': { ...FIELDS, _sig: SIGNATURE.slice(0, 32) },
  'with one that goes on': { ...FIELDS, _sig: `${SIGNATURE}00` },
  'with one that ends in a line break': { ...FIELDS, _sig: `${SIGNATURE}\n` },
  'with one that begins with a blank': { ...FIELDS, _sig: ` ${SIGNATURE}` },
  'with one under another name': { ...FIELDS, sig: SIGNATURE },
  'with a value changed': { ...signed(REVOCATIONS, FIELDS), session_id: 'record-2' },
  'with a blank more': { ...signed(REVOCATIONS, FIELDS), session_id: 'record-1 ' },
  'with a field more': { ...signed(REVOCATIONS, FIELDS), sid: 'record-2' },
  'with an empty field more': { ...signed(REVOCATIONS, FIELDS), sid: '' },
  'with a field less': { zone_id: 'zone-1', session_id: 'record-1', _sig: SIGNATURE },
  'with two names exchanged': { zone_id: 'record-1', session_id: 'zone-1', reason: 'test', _sig: SIGNATURE },
}

describeRedis('a message', (redis) => {
  it('whose signature is bad changes nothing, whatever is bad about it', async () => {
    const messages = Object.values(BAD)
    const ids = await add(redis, REVOCATIONS, messages)
    expect(await sync(redis)).toEqual(caughtUp({ deadLettered: messages.length }))
    expect(await marksIn(redis)).toEqual([])
    expect(await deadLettersOf(redis, REVOCATIONS)).toEqual(
      messages.map((payload, at) => ({ source_id: ids[at], reason: 'invalid_signature', payload })),
    )
  })

  it('that is signed, but whose values Redis cannot give as text, changes nothing', async () => {
    const script = `return redis.call('XADD', KEYS[1], '*', 'session_id', 'record-\\255', '_sig', ARGV[1])`
    const signature = signatureOf(REVOCATIONS, { session_id: 'record-\ufffd' })
    await redis.run('EVAL', script, 1, REVOCATIONS, signatureOf(REVOCATIONS, { session_id: 'record-\u00ff' }))
    expect(await sync(redis)).toEqual(caughtUp({ deadLettered: 1 }))
    // The limit of it: all bytes that are not UTF-8 read the same.
    await redis.run('EVAL', script, 1, REVOCATIONS, signature)
    expect(await sync(redis)).toEqual(caughtUp({ applied: 1 }))
  })

  it('that names a field twice is not taken for either', async () => {
    const fields: Pairs = [['session_id', 'record-1']]
    const both: Pairs = [...fields, ['session_id', 'record-2'], ['_sig', signatureOf(REVOCATIONS, fields)]]
    await add(redis, REVOCATIONS, [both])
    expect(await sync(redis)).toEqual(caughtUp({ deadLettered: 1 }))
    expect(await revokedAmong(redis, ['record-1', 'record-2'])).toEqual([])
    expect(await deadLettersOf(redis, REVOCATIONS)).toMatchObject([{ reason: 'invalid_signature' }])
  })

  it('for the delegation stream must be signed as well', async () => {
    const fields = { zone_id: 'zone-1', epoch: '7' }
    await add(redis, DELEGATIONS, [fields, { ...fields, _sig: signatureOf(REVOCATIONS, fields) }])
    expect(await sync(redis)).toEqual(caughtUp({ deadLettered: 2 }))
    expect(await epochIn(redis)).toBe(null)
  })

  it('without a signature is applied where unsigned streams are asked for by name', async () => {
    await add(redis, REVOCATIONS, [FIELDS, { session_id: 'record-2', _sig: 'whatever' }])
    await add(redis, DELEGATIONS, [{ zone_id: 'zone-1', epoch: '7' }])
    const options = { ...redis.database, unsignedStreams: 'accept', giveUp: ['restarted'] } as const
    expect(await syncRevocations(options)).toEqual(caughtUp({ applied: 3 }))
    expect(await revokedAmong(redis, ['record-1', 'record-2'])).toHaveLength(2)
    expect(await epochIn(redis)).toBe('7')
  })
})
