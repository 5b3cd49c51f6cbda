// What runtimes export to OpenTelemetry, in one form for all.

import { createServer } from 'node:http'
import { json } from 'node:stream/consumers'

type Attributes = Readonly<Record<string, unknown>>

export interface Span {
  readonly name: string
  readonly id: string
  readonly parent: string | undefined
  readonly isError: boolean
  readonly attributes: Attributes
}

/** Those of the observer alone. */
export interface Metric {
  readonly name: string
  /** Of each series. */
  readonly attributes: readonly Attributes[]
}

export interface Exported {
  readonly spans: readonly Span[]
  readonly metrics: readonly Metric[]
}

export interface Collector {
  readonly url: string
  exported(): Exported
  close(): void
}

/** What is used of OTLP in JSON. */
interface Otlp {
  readonly resourceSpans?: readonly {
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[]
  }[]
  readonly resourceMetrics?: readonly {
    readonly scopeMetrics: readonly {
      readonly scope: { readonly name: string }
      readonly metrics: readonly OtlpMetric[]
    }[]
  }[]
}

interface OtlpSpan {
  readonly name: string
  readonly spanId: string
  readonly parentSpanId: string
  readonly status: { readonly code: number }
  readonly attributes: OtlpAttributes
}

interface OtlpMetric {
  readonly name: string
  readonly sum?: { readonly dataPoints: readonly { readonly attributes: OtlpAttributes }[] }
  readonly histogram?: { readonly dataPoints: readonly { readonly attributes: OtlpAttributes }[] }
}

type OtlpAttributes = readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[]

const attributesOf = (attributes: OtlpAttributes): Attributes =>
  Object.fromEntries(
    attributes.map(({ key, value }) => [
      key,
      'intValue' in value ? Number(value.intValue) : Object.values(value)[0],
    ]),
  )

/** A collector for OTLP over HTTP, in JSON. */
export async function startCollector(): Promise<Collector> {
  const spans: Span[] = []
  let metrics: readonly Metric[] = []
  const server = createServer(async (request, response) => {
    const sent = (await json(request)) as Otlp
    for (const { scopeSpans } of sent.resourceSpans ?? []) {
      for (const span of scopeSpans.flatMap((scope) => scope.spans)) {
        const { name, spanId: id, parentSpanId: parent, status } = span
        spans.push({
          name,
          id,
          parent,
          isError: status.code === 2,
          attributes: attributesOf(span.attributes),
        })
      }
    }
    for (const { scopeMetrics } of sent.resourceMetrics ?? []) {
      const ours = scopeMetrics.flatMap((one) => (one.scope.name === 'caracal-edge' ? one.metrics : []))
      if (ours.length > 0) metrics = ours.map(metricOf)
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The collector has no port.')
  return {
    url: `http://127.0.0.1:${address.port}`,
    exported: () => ({ spans, metrics }),
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

function metricOf({ name, sum, histogram }: OtlpMetric): Metric {
  const points = (sum ?? histogram)?.dataPoints ?? []
  return { name, attributes: points.map(({ attributes }) => attributesOf(attributes)) }
}

/** What is used of the events of a streaming tail Worker. */
export interface TailEvent {
  readonly spanContext: { readonly spanId?: string }
  readonly event: {
    readonly type: string
    /** Of a span that begins. */
    readonly spanId: string
    readonly name?: string
    readonly info?: unknown
  }
}

/** The spans of a Worker, whose own events say which span they are about. */
export function spansOf(events: readonly TailEvent[]): readonly Span[] {
  const about = (id: string, type: string) =>
    events.filter(({ spanContext, event }) => spanContext.spanId === id && event.type === type)
  return events
    .filter(({ event }) => event.type === 'onset' || event.type === 'spanOpen')
    .map(({ spanContext, event }) => ({
      name: event.name ?? event.type,
      id: event.spanId,
      parent: spanContext.spanId,
      isError: about(event.spanId, 'spanUpdate').some(({ event: { info } }) =>
        JSON.stringify(info).includes('"code":"error"'),
      ),
      attributes: Object.fromEntries(
        about(event.spanId, 'attributes').flatMap(({ event: { info } }) =>
          (info as readonly { name: string; value: unknown }[]).map(({ name, value }) => [name, value]),
        ),
      ),
    }))
}
