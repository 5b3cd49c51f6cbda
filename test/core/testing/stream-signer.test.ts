// `signStreamMessage`: its signatures are those of the platform (protocol §5), and mistakes are named.

import { signStreamMessage } from 'caracal-edge/testing'
import { describe, expect, it } from 'vitest'

const KEY = '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef'

/** Vectors of the platform. */
const VECTORS = [
  {
    fields: { action: 'transfer', amount: '100' },
    signature: 'c06ccc579e026c31a97a04f203981b236a3c88041712e9b46242e8762da23d75',
  },
  {
    fields: { amount: '100', action: 'transfer' },
    signature: 'c06ccc579e026c31a97a04f203981b236a3c88041712e9b46242e8762da23d75',
  },
  {
    fields: { active: 'true', count: '0', name: '' },
    signature: 'dd36b85d880107b52155410569f95436acd8b5a656bba83e37c4b0196fb32ae1',
  },
]

describe('signStreamMessage', () => {
  it.each(VECTORS)('signs $fields', async ({ fields, signature }) => {
    const signed = await signStreamMessage('audit:events', fields, KEY)
    expect(signed).toEqual({ ...fields, _sig: signature })
    expect(await signStreamMessage('audit:events', fields, KEY.toUpperCase())).toEqual(signed)
    expect(fields).not.toHaveProperty('_sig')
  })

  it.each([
    { argument: 'stream', given: ['', {}, KEY] },
    { argument: 'stream', given: [undefined, {}, KEY] },
    { argument: 'fields', given: ['s', undefined, KEY] },
    { argument: 'fields', given: ['s', [['a', 'b']], KEY] },
    { argument: 'fields', given: ['s', new Map(), KEY] },
    { argument: 'fields.epoch', given: ['s', { epoch: 7 }, KEY] },
    { argument: '_sig', given: ['s', { _sig: 'x' }, KEY] },
    ...['', KEY.slice(2), `${KEY}x`, undefined, [KEY]].map((key) => ({
      argument: 'hmacKey',
      given: ['s', {}, key],
    })),
  ])('names a wrong $argument, and quotes no key', async ({ argument, given }) => {
    const signing: Promise<unknown> = Reflect.apply(signStreamMessage, undefined, given)
    await expect(signing).rejects.toThrow(argument)
    await expect(signing).rejects.not.toThrow(KEY.slice(2))
  })
})
