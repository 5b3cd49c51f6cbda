// The tracing of Workers grew over months. With each version of it the observer loads, and does what there is.

import { expect, it, vi } from 'vitest'
import * as native from '../../../src/observe/tracing.workerd.ts'

/** What this workerd has. */
const workerd = vi.hoisted((): { tracing: object | undefined } => ({ tracing: undefined }))
vi.mock('cloudflare:workers', () => ({
  get tracing() {
    return workerd.tracing
  },
}))

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

it.each<[string, object | undefined, readonly string[]]>([
  ['before June 2026', undefined, []],
  ['of June 2026', { enterSpan }, []],
  ['of July 2026', { enterSpan, startActiveSpan: enterSpan }, []],
  ['of September 2026', tracing(span(), span()), SEPTEMBER],
  [
    'of October 2026',
    tracing(span(), span({ setStatus })),
    [...SEPTEMBER.slice(0, -1), 'setStatus error', 'end'],
  ],
  ['where this request is not traced', tracing(span({ isTraced: false }), span()), []],
  ['outside of a request', tracing(undefined, span()), []],
])('a workerd %s', (_, tracing, expected) => {
  calls.length = 0
  workerd.tracing = tracing
  native.activeSpan()?.setAttributes({ 'caracal.outcome': 'deny' })
  const started = native.runtimeTracer()?.startSpan('caracal.decision', { startTime: 0, attributes: {} })
  started?.setStatus({ code: 2 })
  started?.end(0)
  expect(calls).toEqual(expected)
  expect(native.runtimeMeter()).toBeUndefined()
})
