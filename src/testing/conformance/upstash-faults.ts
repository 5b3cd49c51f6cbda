// The answers of a faulty Upstash REST server: every fault of the catalogue as a change to the correct answer.

import type { CommandResult, Reply } from './redis-map.ts'

/** What is sent. A connection can also be reset, stay silent, or stop halfway. */
export type WireAnswer =
  | { readonly kind: 'answer'; readonly status: number; readonly body: string; readonly type?: string }
  | { readonly kind: 'redirect'; readonly status: 307 }
  | { readonly kind: 'stall'; readonly body: string }
  | { readonly kind: 'reset' | 'hang' }

export interface Exchange {
  /** One command for `/`, several for `/pipeline` and `/multi-exec`. */
  readonly commands: readonly (readonly unknown[])[]
  readonly results: readonly CommandResult[]
  readonly many: boolean
}

/** An answer with one fault. It is sent as JSON. */
type Distort = (exchange: Exchange) => unknown

/** Changes the answer to each command. */
const eachItem =
  (change: (item: CommandResult, index: number) => unknown): Distort =>
  ({ results, many }) =>
    many ? results.map(change) : results.map(change)[0]

/** Changes the result of each command. */
const eachResult = (change: (result: unknown) => unknown): Distort =>
  eachItem((item) => ('result' in item ? { result: change(item.result) } : item))

/** Changes the lists among the results, or the list of results if there is none. */
const eachList =
  (change: (list: readonly unknown[]) => readonly unknown[]): Distort =>
  (exchange) => {
    const lists = exchange.results.some((item) => 'result' in item && Array.isArray(item.result))
    if (lists) return eachResult((result) => (Array.isArray(result) ? change(result) : result))(exchange)
    return exchange.many ? change(exchange.results) : { result: change([]) }
  }

/** Replaces each element, or the whole result if it is not a list. */
const eachElement = (value: (index: number) => unknown): Distort =>
  eachResult((result) => (Array.isArray(result) ? result.map((_, index) => value(index)) : value(0)))

const quoting = ({ commands }: Exchange) => `ERR out of order, command was: ${JSON.stringify(commands)}`
const LIMIT = 'ERR max requests limit exceeded. Limit: 500000, Usage: 500000.'
const ODD: readonly unknown[] = [0, false, {}, [], true]

const DISTORTIONS: Readonly<Record<string, Distort>> = {
  err200: (exchange) => eachItem(() => ({ error: quoting(exchange) }))(exchange),
  'err200-limit': eachItem(() => ({ error: LIMIT })),
  'empty-object': eachItem(() => ({})),
  'short-pipeline': () => [],
  'null-answer': () => null,
  'short-mget': eachList(() => []),
  'short-mget-one': eachList((list) => list.slice(0, -1)),
  'long-mget': eachList((list) => [...list, list.at(-1) ?? null]),
  'result-null': eachResult(() => null),
  'partial-error': withOneError(() => true),
  'epoch-error': withOneError((key) => key.includes('delegation-epoch:')),
  'odd-types': eachElement((index) => ODD[index % ODD.length]),
  'result-false': eachResult(() => false),
  'result-zero': eachResult(() => 0),
  'result-string': eachResult(() => 'OK'),
  'elements-false': eachElement(() => false),
  'elements-object': eachElement(() => ({})),
}

export function faultyAnswer(fault: string, exchange: Exchange): WireAnswer {
  const right = JSON.stringify(exchange.many ? exchange.results : exchange.results[0])
  const status = /^http-(\d{3})$/.exec(fault)?.[1]
  if (status !== undefined) {
    return { kind: 'answer', status: Number(status), body: JSON.stringify({ error: quoting(exchange) }) }
  }
  switch (fault) {
    case 'reset':
      return { kind: 'reset' }
    case 'hang':
    case 'abort-value-signal':
      return { kind: 'hang' }
    case 'stall':
      return { kind: 'stall', body: right }
    case 'redirect':
      return { kind: 'redirect', status: 307 }
    case 'html':
      return { kind: 'answer', status: 200, type: 'text/html', body: '<html><body>Sign in</body></html>' }
    case 'truncated':
      return { kind: 'answer', status: 200, body: right.slice(0, -2) }
    case 'empty-body':
      return { kind: 'answer', status: 200, body: '' }
    default: {
      const distort = DISTORTIONS[fault]
      if (distort === undefined) throw new Error(`There is no fault ${fault} of a store`)
      return { kind: 'answer', status: 200, body: JSON.stringify(distort(exchange)) }
    }
  }
}

/** One key gets an error: the last of the affected ones. */
function withOneError(meant: (key: string) => boolean): Distort {
  const error = { error: 'ERR out of order' }
  return (exchange) => {
    const { commands, results, many } = exchange
    const last = commands.findLastIndex((command) => command.slice(1).map(String).some(meant))
    const items = results.map((item, index): unknown => {
      if (index !== last) return item
      if (!('result' in item) || !Array.isArray(item.result)) return error
      const list: readonly Reply[] = item.result
      const keys = (commands[index] ?? []).slice(1).map(String)
      return { result: list.map((each, at) => (at === keys.findLastIndex(meant) ? error : each)) }
    })
    return many ? items : items[0]
  }
}
