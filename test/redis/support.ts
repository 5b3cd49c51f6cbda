// A real Redis behind an endpoint that speaks Upstash's REST protocol, for the suites that need one. Where there is
// no redis-server, they are skipped and one line says so; in CI that is a failure.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe } from 'vitest'
import { HOW_TO_INSTALL, hasRedisServer, type RunningRedis, startRedis } from '../../lab/redis-server.mjs'
import { type Command, sendCommands } from '../../lab/resp.mjs'
import { type Exchange, startUpstashEndpoint } from '../../lab/upstash-endpoint.mjs'

export type { Command, Exchange }

/** The result of a command, as texts. */
export type Value = string | number | null | readonly Value[]

/** Answers a request in place of the endpoint and gives `true`, or lets it through. */
export type Intervention = (exchange: Exchange) => unknown

const TOKEN = 'token-of-the-tests'

/** For a machine that is busy with other things. */
const TEST_LIMIT_MS = 30_000
/** For tests in which nothing is meant to time out. */
export const PATIENT = { timeoutMs: 10_000 }

const isMissing = !hasRedisServer()
if (isMissing) await announce()

/**
 * A suite with a Redis and an endpoint of its own, emptied and in order again before every test.
 * @param durable whether the Redis keeps what it confirmed when it is killed
 */
export function describeRedis(
  title: string,
  tests: (redis: TestRedis) => void,
  { durable = false } = {},
): void {
  describe.skipIf(isMissing)(title, { timeout: TEST_LIMIT_MS }, () => {
    const redis = new TestRedis(durable)
    beforeAll(() => redis.start())
    beforeEach(() => redis.reset())
    afterAll(() => redis.stop())
    tests(redis)
  })
}

export class TestRedis {
  /** What the endpoint was asked, command by command. */
  readonly asked: string[][] = []
  /** What happens to the requests to the endpoint. */
  intervention: Intervention | undefined
  readonly #durable: boolean
  #directory: string | undefined
  #redis: RunningRedis | undefined
  #endpoint: Awaited<ReturnType<typeof startUpstashEndpoint>> | undefined

  constructor(durable: boolean) {
    this.#durable = durable
  }

  async start(): Promise<void> {
    if (this.#durable) this.#directory = await mkdtemp(join(tmpdir(), 'caracal-edge-redis-'))
    await this.startServer()
    await this.openEndpoint()
  }

  async reset(): Promise<void> {
    this.intervention = undefined
    await this.run('FLUSHALL')
    this.asked.length = 0
  }

  async stop(): Promise<void> {
    await this.#endpoint?.close()
    await this.#redis?.stop()
    if (this.#directory !== undefined) await rm(this.#directory, { recursive: true })
  }

  /** How a store is told of it. */
  get database() {
    return { url: present(this.#endpoint).url, token: TOKEN }
  }

  /** What was asked, by the names of commands and scripts alone. */
  get askedNames(): string[] {
    return this.asked.map(nameOfCommand)
  }

  get port(): number {
    return present(this.#redis).port
  }

  /** One command to another Redis. */
  async runOn(port: number, ...command: Command): Promise<Value> {
    return present((await sendCommands(port, [command])).map(textsOf)[0])
  }

  /** One command straight to Redis, past the endpoint. */
  async run(...command: Command): Promise<Value> {
    const [value] = await this.runAll([command])
    return present(value)
  }

  async runAll(commands: readonly Command[]): Promise<Value[]> {
    return (await sendCommands(present(this.#redis).port, commands)).map(textsOf)
  }

  /** As a crash does. */
  async killServer(): Promise<void> {
    await present(this.#redis).kill()
  }

  /** On the port that it had before, if it was there before. */
  async startServer(): Promise<void> {
    const place = this.#directory === undefined ? {} : { dir: this.#directory }
    this.#redis = await startRedis({ port: this.#redis?.port ?? 0, ...place })
  }

  async closeEndpoint(): Promise<void> {
    await present(this.#endpoint).close()
  }

  /** On the port that it had before, if it was there before. */
  async openEndpoint(): Promise<void> {
    if (this.#endpoint !== undefined) return this.#endpoint.reopen()
    this.#endpoint = await startUpstashEndpoint({
      redisPort: present(this.#redis).port,
      token: TOKEN,
      onRequest: (exchange) => {
        this.asked.push(...exchange.commands.map(wordsOf))
        return this.intervention?.(exchange)
      },
    })
  }
}

/** The words of a command, its name in capitals. */
export function wordsOf([name, ...rest]: Command): string[] {
  return [String(name).toUpperCase(), ...rest.map(String)]
}

/** The name, in capitals, of the command that a request carries; of a script, what it is for. */
export function nameOf({ commands: [command] }: Exchange): string | undefined {
  return command === undefined ? undefined : nameOfCommand(wordsOf(command))
}

/** What only one script has in it. */
const SCRIPTS = {
  TAKE: 'XREADGROUP',
  BURY: 'source_id',
  BEAT: 'kinds',
  RAISE: 'stored epoch',
  MARK: 'PEXPIRE',
  RETRY: 'XRANGE',
} as const

export function nameOfCommand([name = '', script = '']: readonly string[]): string {
  if (name !== 'EVAL') return name
  const found = Object.entries(SCRIPTS).find(([, mark]) => script.includes(mark))
  return found?.[0] ?? name
}

/** Lets everything through but the requests of one name. */
export function onCommand(name: string, how: Intervention): Intervention {
  return (exchange) => nameOf(exchange) === name && how(exchange)
}

/** What the test knows to be there. */
export function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('It is not there.')
  return value
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function textsOf(reply: unknown): Value {
  if (reply instanceof Error) throw reply
  if (Buffer.isBuffer(reply)) return reply.toString()
  if (Array.isArray(reply)) return reply.map(textsOf)
  return typeof reply === 'string' || typeof reply === 'number' ? reply : null
}

/** The files of one run, each in a process of its own, have the same parent: the first of them says it for all. */
async function announce(): Promise<void> {
  const reason = `there is no redis-server on PATH (${HOW_TO_INSTALL})`
  if (process.env.CI) throw new Error(`The tests against Redis cannot run: ${reason}`)
  // Nobody tells these processes when the run began, and a parent's id comes back one day.
  const run = `${process.ppid}-${Math.floor(Date.now() / 600_000)}`
  const isFirst = await writeFile(join(tmpdir(), `caracal-edge-without-redis-${run}`), '', {
    flag: 'wx',
  }).then(
    () => true,
    () => false,
  )
  if (isFirst) process.stdout.write(`The tests against Redis are skipped: ${reason}.\n`)
}
