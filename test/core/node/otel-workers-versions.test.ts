// The tracing of Workers grew over months. With each version of it the observer loads, and does what there is.

import { afterEach, expect, it, vi } from 'vitest'

afterEach(() => {
  vi.doUnmock('cloudflare:workers')
  vi.resetModules()
})

const calls: string[] = []
const span = (more: object = {}) => ({
  isTraced: true,
  setAttributes: () => calls.push('setAttributes'),
  end: () => calls.push('end'),
  ...more,
})
const enterSpan = () => calls.push('enterSpan')
const tracing = (active: object | undefined, started: object) => ({
  enterSpan,
  getActiveSpan: () => active,
  startSpan: () => {
    calls.push('startSpan')
    return started
  },
})
const setStatus = ({ code }: { readonly code: unknown }) => calls.push(`setStatus ${code}`)

const SEPTEMBER = ['setAttributes', 'startSpan', 'setAttributes', 'end']

it.each<[string, object, readonly string[]]>([
  ['before June 2026', { env: {} }, []],
  ['of June 2026', { env: {}, tracing: { enterSpan } }, []],
  ['of July 2026', { env: {}, tracing: { enterSpan, startActiveSpan: enterSpan } }, []],
  ['of September 2026', { env: {}, tracing: tracing(span(), span()) }, SEPTEMBER],
  [
    'of October 2026',
    { env: {}, tracing: tracing(span(), span({ setStatus })) },
    [...SEPTEMBER.slice(0, -1), 'setStatus error', 'end'],
  ],
  ['where this request is not traced', { env: {}, tracing: tracing(span({ isTraced: false }), span()) }, []],
  ['outside of a request', { env: {}, tracing: tracing(undefined, span()) }, []],
])('a workerd %s', async (_, module, expected) => {
  calls.length = 0
  vi.doMock('cloudflare:workers', () => ({ tracing: undefined, ...module }))
  const native = await import('../../../src/observe/tracing.workerd.ts')
  native.activeSpan()?.setAttributes({ 'caracal.outcome': 'deny' })
  const started = native.runtimeTracer()?.startSpan('caracal.decision', { startTime: 0, attributes: {} })
  started?.setStatus({ code: 2 })
  started?.end(0)
  expect(calls).toEqual(expected)
  expect(native.runtimeMeter()).toBeUndefined()
})
