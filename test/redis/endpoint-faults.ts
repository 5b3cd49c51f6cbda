// Everything that an endpoint can do wrong on one request, and what the guard must answer.

import type { RevocationFault } from 'caracal-edge'
import { type Exchange, type Intervention, sleep } from './support.ts'

export interface EndpointFault {
  /** Goes on from "a request to an endpoint that". */
  readonly title: string
  readonly fault: RevocationFault
  /** How often the endpoint is asked. */
  readonly requests?: number
  /** Made anew for every test, because some do one thing first and then another. */
  readonly intervene: () => Intervention
}

/** For the mandates of the tests: session, agent session and edge, and the epoch. */
export const PERFECT = '{"result":[null,null,null,null]}'

export const hang: Intervention = () => true

export const reset: Intervention = ({ request }) => {
  request.socket.resetAndDestroy()
  return true
}

export const close: Intervention = ({ request }) => {
  request.socket.destroy()
  return true
}

export const answer =
  (status: number, body: string, headers: Record<string, string> = {}): Intervention =>
  ({ response }) => {
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(body)
    return true
  }

export function firstThen(first: Intervention, ever: Intervention): Intervention {
  let isFirst = true
  return (exchange) => {
    const intervene = isFirst ? first : ever
    isFirst = false
    return intervene(exchange)
  }
}

/** The beginning of the right answer. */
async function beginAnswer({ response, run }: Exchange): Promise<void> {
  const body = JSON.stringify((await run()).body)
  response.writeHead(200, { 'Content-Length': body.length }).write(body.slice(0, body.length / 2))
  await sleep(20)
}

const sendDrops: Intervention = ({ response }) => {
  const drops = setInterval(() => response.write(' '), 20)
  response.once('close', () => clearInterval(drops))
  return true
}

/** They last until the deadline. */
export const silences = (deadlineMs: number): readonly EndpointFault[] => [
  { title: 'hangs before the answer', fault: 'timeout', intervene: () => hang },
  {
    title: 'hangs during the body',
    fault: 'timeout',
    intervene: () => (exchange) => beginAnswer(exchange).then(() => true),
  },
  {
    title: 'sends headers alone',
    fault: 'timeout',
    intervene:
      () =>
      ({ response }) => {
        response.writeHead(200).flushHeaders()
        return true
      },
  },
  { title: 'sends its answer drop by drop', fault: 'timeout', intervene: () => sendDrops },
  {
    title: 'closes the connection late, and hangs on the second try',
    fault: 'timeout',
    requests: 2,
    intervene: () => firstThen((exchange) => sleep(deadlineMs * 0.6).then(() => close(exchange)), hang),
  },
]

const CUTS: readonly EndpointFault[] = [
  { title: 'resets every connection', fault: 'network', requests: 2, intervene: () => reset },
  { title: 'closes every connection', fault: 'network', requests: 2, intervene: () => close },
  {
    title: 'speaks something else than HTTP',
    fault: 'network',
    requests: 2,
    intervene:
      () =>
      ({ request }) => {
        request.socket.end('-ERR what is this\r\n')
        return true
      },
  },
  {
    title: 'resets during the body',
    fault: 'network',
    intervene: () => (exchange) => beginAnswer(exchange).then(() => reset(exchange)),
  },
  {
    title: 'closes on the first try and answers 500 on the second',
    fault: 'status',
    requests: 2,
    intervene: () => firstThen(close, answer(500, '{"error":"ERR"}')),
  },
]

const ERROR = '{"error":"ERR max requests limit exceeded. Limit: 500000, Usage: 500000."}'

const STATUSES: readonly EndpointFault[] = [
  ...[400, 401, 403, 404, 429, 500, 502, 503].map((status) => ({ status, body: ERROR, what: 'an error' })),
  ...[201, 203, 206, 300, 429, 500].map((status) => ({ status, body: PERFECT, what: 'the right body' })),
  { status: 200, body: ERROR, what: 'an error' },
  { status: 200, body: '{"error":null,"result":[null,null,null,null]}', what: 'both error and result' },
].map(({ status, body, what }) => ({
  title: `answers ${status} with ${what}`,
  fault: 'status',
  intervene: () => answer(status, body),
}))

const BODIES: Readonly<Record<string, string>> = {
  nothing: '',
  'an empty object': '{}',
  HTML: '<!doctype html><title>Sign in</title>',
  'half of it': PERFECT.slice(0, -2),
  'twice of it': PERFECT + PERFECT,
  null: 'null',
  'a text': JSON.stringify(PERFECT),
  'the bare array': '[null,null,null,null]',
  'a pipeline': `[${PERFECT}]`,
  'null for the array': '{"result":null}',
  'false for the array': '{"result":false}',
  'zero for the array': '{"result":0}',
  'OK for the array': '{"result":"OK"}',
  'an empty array': '{"result":[]}',
  'a short array': '{"result":[null,null,null]}',
  'a long array': '{"result":[null,null,null,null,null]}',
  'something like an array': '{"result":{"length":4,"0":null,"1":null,"2":null,"3":null}}',
  numbers: '{"result":[0,0,0,0]}',
  booleans: '{"result":[false,false,false,false]}',
  'an object among the values': '{"result":[null,{},null,null]}',
  'a list among the values': '{"result":[null,null,null,["1"]]}',
  'a number for the epoch': '{"result":[null,null,null,1]}',
  'a member of another name': '{"results":[null,null,null,null]}',
}

const MALFORMED: readonly EndpointFault[] = Object.entries(BODIES).map(([title, body]) => ({
  title: `answers 200 with ${title}`,
  fault: 'malformed',
  intervene: () => answer(200, body),
}))

const TOO_LARGE: EndpointFault = {
  title: 'answers 200 with more than 64 KiB',
  fault: 'too_large',
  intervene: () => answer(200, `${' '.repeat(2 ** 16)}${PERFECT}`),
}

/** They are over at once. */
export const FAILURES: readonly EndpointFault[] = [...CUTS, ...STATUSES, ...MALFORMED, TOO_LARGE]
