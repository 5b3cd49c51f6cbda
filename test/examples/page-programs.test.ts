// The complete programs of the pages that are no files of examples/, in the runtimes that they are for, beside a `dev`.

import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { PROGRAM_CODES } from './support/page-codes.ts'
import {
  type Minted,
  NOT_RUN,
  PAGE_PROGRAMS,
  type Question,
  RUN_ELSEWHERE,
  type Runtime,
} from './support/page-programs.ts'
import { type Started, startPrograms } from './support/page-runtimes.ts'
import { ROOT, RunningProgram, type Variables } from './support/running-program.ts'

test('every complete program of a page is run, or says why not', () => {
  const named = [...PAGE_PROGRAMS.map(({ of }) => of), ...Object.keys(RUN_ELSEWHERE), ...Object.keys(NOT_RUN)]
  expect(named.sort()).toEqual([...PROGRAM_CODES.keys()].sort())
  for (const [of, file] of Object.entries(RUN_ELSEWHERE)) {
    expect(readFileSync(join(ROOT, file), 'utf8')).toContain(of.replace(/#.*/, ''))
  }
})

// Within the package, which the programs import by its name.
const folder = mkdtempSync(join(ROOT, 'test/examples/runners-'))
let dev: RunningProgram
let variables: Variables = {}
let url = ''
const started = new Map<Runtime, Started>()

const RUNTIMES: readonly Runtime[] = ['Bun', 'Deno', 'Node', 'workerd']
const programsFor = (runtime: Runtime) => PAGE_PROGRAMS.filter(({ runtimes }) => runtimes.includes(runtime))
const urlOf = (runtime: Runtime) => started.get(runtime)?.url ?? ''

beforeAll(async () => {
  const zones = '--zone zone-a --zone zone-b --audience resource://billing-api'
  dev = new RunningProgram(`node dist/cli/main.js dev --json --port 0 ${zones}`, {})
  const [line] = await dev.untilItPrints(/^\{.*\}$/m)
  ;({ variables, url } = JSON.parse(line))
  await Promise.all(
    RUNTIMES.map(async (runtime) => {
      const programs = programsFor(runtime)
      started.set(runtime, await startPrograms(runtime, programs, PROGRAM_CODES, folder, variables))
    }),
  )
}, 90_000)

afterAll(async () => {
  await Promise.all([...started.values()].map(({ stop }) => stop()))
  await dev.stop()
  rmSync(folder, { recursive: true })
})

async function mint(minted: Minted): Promise<string> {
  const body = JSON.stringify(minted)
  const answer = await fetch(`${url}/dev/mint`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  })
  return (await answer.json()).mandate
}

/** The body, as far as it takes to find the text. */
async function bodyOf(response: Response, text: string): Promise<string> {
  const decoder = new TextDecoder()
  let body = ''
  for await (const chunk of response.body ?? []) {
    body += decoder.decode(chunk, { stream: true })
    if (text !== '' && body.includes(text)) break
  }
  return body
}

describe.each(RUNTIMES)('%s', (runtime) => {
  const programs = programsFor(runtime)

  test.each(programs)('$of', async ({ of, asked }) => {
    let mandate = ''
    const send = async (question: Question) => {
      const [method = '', path] = question.ask.split(' ')
      const headers = new Headers({ 'x-program': of, accept: 'application/json, text/event-stream' })
      if (question.mandate !== undefined) {
        if (question.mandate !== 'again') mandate = await mint(question.mandate)
        headers.set('authorization', `Bearer ${mandate}`)
      }
      if (method === 'OPTIONS') headers.set('access-control-request-method', 'GET')
      if (question.body !== undefined) headers.set('content-type', 'application/json')
      const body = question.body === undefined ? null : JSON.stringify(question.body)
      return fetch(urlOf(runtime) + path, { method, headers, body })
    }
    for (const question of asked) {
      const { ask, status, says } = question
      const response = await send(question)
      const body = await bodyOf(response, says)
      expect([ask, response.status, body]).toEqual([ask, status, expect.stringContaining(says)])
    }
  })

  if (runtime !== 'Deno') return
  test('docs/streams.md#2 as a WebSocket', async () => {
    const authorization = `Bearer ${await mint({ scopes: ['billing:read'] })}`
    const socket = new WebSocket(urlOf(runtime).replace('http', 'ws'), {
      headers: { authorization, 'x-program': 'docs/streams.md#2' },
    })
    await once(socket, 'open')
    socket.send('hello')
    expect(String((await once(socket, 'message'))[0])).toBe('user-1: hello')
    socket.close()
    await once(socket, 'close')
  })
})
