// In workerd, look-ups of many requests are one question, which one of them sends. When its client hangs up, it is gone,
// and nobody tells the others: they go on by themselves.

import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createTestIssuer } from 'caracal-edge/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type PlainWorkerd, startPlainWorkerd } from '../../lab/plain-workerd.mjs'
import { describeRedis, type Exchange, present, type TestRedis } from '../redis/support.ts'
import { type Answer, ask } from './requests.ts'

const issuer = createTestIssuer()
const PREFIX = 'caracal:revoked:sessions:'
const PLACES = 3
const TIMEOUT_MS = 3_000
/** How long a request relies on another one's question. */
const RELIES_MS = TIMEOUT_MS / 4
const PLACE_WAIT_MS = 50
/** What a busy machine may take on top. */
const SLACK_MS = 1_500

const mintFor = (sid: string) => issuer.mint({ claims: { sid, root_sid: sid, sub: `user of ${sid}` } })

const isAbout = ({ commands }: Exchange, sid: string) => commands.flat().includes(`${PREFIX}${sid}`)

class Subject {
  readonly #redis: TestRedis
  readonly #flags: readonly string[]
  #worker: PlainWorkerd | undefined

  constructor(redis: TestRedis, flags: readonly string[]) {
    this.#redis = redis
    this.#flags = flags
  }

  async start(): Promise<void> {
    const { url, token } = this.#redis.database
    this.#worker = await startPlainWorkerd('test/runtimes/subject/shared-questions.mjs', this.#flags, {
      UPSTASH_REDIS_REST_URL: url,
      UPSTASH_REDIS_REST_TOKEN: token,
      OPTIONS: JSON.stringify({
        issuer: issuer.issuer,
        zoneId: issuer.zoneId,
        audience: issuer.audience,
        jwks: await issuer.jwks(),
        timeoutMs: TIMEOUT_MS,
      }),
    })
  }

  async stop(): Promise<void> {
    await this.#worker?.stop()
  }

  async ask(sid: string): Promise<Answer & { readonly elapsedMs: number }> {
    const mandate = await mintFor(sid)
    const startedAt = performance.now()
    const answer = await ask(`http://127.0.0.1:${present(this.#worker).port}`, '/', { mandate })
    return { ...answer, elapsedMs: performance.now() - startedAt }
  }

  /** A request whose client can be cut off: that ends the request. */
  async open(sid: string): Promise<Socket> {
    const mandate = await mintFor(sid)
    const socket = connect(present(this.#worker).port, '127.0.0.1')
    socket.on('error', () => {})
    socket.write(`GET / HTTP/1.1\r\nHost: api.test\r\nAuthorization: Bearer ${mandate}\r\n\r\n`)
    return socket
  }

  /** Takes every place with a request whose question is not answered. Gives what answers the first of them. */
  async takePlaces() {
    let answerFirst = () => {}
    const first: Promise<Answer>[] = []
    for (let place = 0; place < PLACES; place++) {
      const asked = new Promise<void>((resolve) => {
        this.#redis.intervention = () =>
          new Promise<void>((answer) => {
            if (place === 0) answerFirst = answer
            resolve()
          })
      })
      first.push(this.ask(`place-${place}`))
      await asked
    }
    return { first, answerFirst: () => answerFirst() }
  }
}

describe.each([
  { flags: [], name: 'without anything of Node.js' },
  { flags: ['nodejs_compat'], name: 'with nodejs_compat' },
])('workerd $name', ({ flags }) => {
  describeRedis('shared questions', (redis) => {
    const subject = new Subject(redis, flags)
    beforeAll(() => subject.start())
    afterAll(() => subject.stop())

    test('requests that wait for a place are one question, and each has its own verdict', async () => {
      const { first, answerFirst } = await subject.takePlaces()
      redis.intervention = undefined
      await redis.run('SET', `${PREFIX}waiting-3`, '1')
      redis.asked.length = 0
      const ids = Array.from({ length: 8 }, (_, index) => `waiting-${index}`)
      const waiting = ids.map((sid) => subject.ask(sid))
      await sleep(20)
      answerFirst()
      const answers = await Promise.all(waiting)
      expect(answers.map(({ status }) => status)).toEqual(ids.map((sid) => (sid === 'waiting-3' ? 401 : 200)))
      for (const [index, { status, json }] of answers.entries()) {
        const sid = ids[index]
        expect(json).toMatchObject(
          status === 200 ? { sid, sub: `user of ${sid}` } : { error: 'session_revoked' },
        )
      }
      expect(redis.asked.length, 'fewer questions than requests').toBeLessThan(ids.length / 2)
      expect((await first[0])?.status).toBe(200)
      await Promise.all(first)
    })

    test('when the client of the one that asked for all hangs up, the others ask by themselves', async () => {
      const { first } = await subject.takePlaces()
      await redis.run('SET', `${PREFIX}waiting-3`, '1')
      const gone = await subject.open('gone')
      let asked = () => {}
      const isAsked = new Promise<void>((resolve) => {
        asked = resolve
      })
      // The question that the one who is going to hang up asks for all is not answered.
      redis.intervention = (exchange) => {
        if (!isAbout(exchange, 'gone')) return false
        asked()
        return true
      }
      await sleep(PLACE_WAIT_MS / 5)
      const ids = ['waiting-1', 'waiting-2', 'waiting-3']
      const waiting = ids.map((sid) => subject.ask(sid))
      await isAsked
      const shared = redis.asked.at(-1)
      gone.resetAndDestroy()
      const answers = await Promise.all(waiting)
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 401])
      expect(shared).toEqual(expect.arrayContaining(['gone', ...ids].map((sid) => `${PREFIX}${sid}`)))
      for (const { elapsedMs } of answers) {
        expect(elapsedMs).toBeGreaterThan(RELIES_MS - 20)
        expect(elapsedMs).toBeLessThan(PLACE_WAIT_MS + RELIES_MS + SLACK_MS)
      }
      await Promise.all(first)
    })

    test('of 200 requests at once, with revocations and clients that hang up, none sees another verdict', async () => {
      const ids = Array.from({ length: 200 }, (_, index) => `session-${index}`)
      const revoked = new Set(ids.filter(() => Math.random() < 0.3))
      await redis.runAll([...revoked].map((id) => ['SET', `${PREFIX}${id}`, '1']))
      redis.intervention = () => sleep(Math.random() * 40).then(() => false)
      const kept: Promise<void>[] = []
      for (const sid of ids) {
        if (Math.random() < 0.3) {
          subject.open(sid).then((socket) => setTimeout(() => socket.resetAndDestroy(), Math.random() * 100))
          continue
        }
        kept.push(
          subject.ask(sid).then(({ status, json }) => {
            const isRevoked = revoked.has(sid)
            expect({ sid, status }).toEqual({ sid, status: isRevoked ? 401 : 200 })
            expect(json).toMatchObject(isRevoked ? { error: 'session_revoked' } : { sid })
          }),
        )
      }
      // How many questions they are depends on the machine: who has waited for 50 ms asks alone.
      await Promise.all(kept)
    })
  })
})
