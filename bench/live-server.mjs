// The measured process of `npm run bench:live`: event streams that send nothing by themselves, on Node.
// @ts-check

import { serve } from '@hono/node-server'
import { withCaracal } from 'caracal-edge'
import { liveResponse } from 'caracal-edge/live'
import { UpstashRevocationStore } from 'caracal-edge/upstash'

const { BENCH_URL = '', BENCH_TOKEN = '', BENCH_TRUSTED = '{}' } = process.env
/** On a busy machine, a slow answer is still one. */
const PATIENCE_MS = 30_000
const EVENTS = { headers: { 'Content-Type': 'text/event-stream' } }

/** When it was sent tells what the way to the client takes. @param {{ readonly code: string }} denial */
const onEnd = ({ code }) => `event: caracal-end\ndata: ${JSON.stringify({ code, sentAt: Date.now() })}\n\n`

const first = new TextEncoder().encode(': open\n\n')

const guarded = withCaracal(
  (request, { authority }) => {
    const every = new URL(request.url).searchParams.get('every')
    const body = new ReadableStream({ start: (controller) => controller.enqueue(first) })
    const checks = every === null ? {} : { recheckEveryMs: Number(every) }
    return liveResponse(new Response(body, EVENTS), authority, { ...checks, onEnd })
  },
  {
    ...JSON.parse(BENCH_TRUSTED),
    revocations: new UpstashRevocationStore({ url: BENCH_URL, token: BENCH_TOKEN, timeoutMs: PATIENCE_MS }),
    storeTimeoutMs: PATIENCE_MS,
  },
)

serve({ fetch: (request) => guarded(request), hostname: '127.0.0.1', port: 0 }, ({ port }) =>
  process.send?.(port),
)

process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send?.(user + system)
})
