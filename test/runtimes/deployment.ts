// The subject running in one runtime, with an issuer and a Redis of its own that do as the test says.

import { globalAgent } from 'node:http'
import { RunningProgram, type Variables } from '../examples/support/running-program.ts'
import type { TestRedis } from '../redis/support.ts'
import { type ControlledIssuer, startControlledIssuer } from './controlled-issuer.ts'
import { type Answer, ask, type Sent } from './requests.ts'
import type { Runtime } from './runtime.ts'

/** A process that serves the subject. */
export interface Program {
  readonly origin: string
  /** All that it has printed so far. */
  output(): string
  stop(): Promise<void>
}

export class Deployment {
  readonly runtime: Runtime
  readonly redis: TestRedis
  #issuer: ControlledIssuer | undefined
  #program: Program | undefined

  constructor(runtime: Runtime, redis: TestRedis) {
    this.runtime = runtime
    this.redis = redis
  }

  async start(): Promise<void> {
    this.#issuer = await startControlledIssuer()
    this.#program = await this.startAnother()
  }

  async stop(): Promise<void> {
    await this.#program?.stop()
    await this.#issuer?.close()
  }

  get issuer(): ControlledIssuer {
    if (this.#issuer === undefined) throw new Error('The issuer has not been started.')
    return this.#issuer
  }

  get origin(): string {
    if (this.#program === undefined) throw new Error('The subject has not been started.')
    return this.#program.origin
  }

  /** One more of the same kind. The caller stops it. */
  async startAnother({ without = [], also = {} }: Departure = {}): Promise<Program> {
    const { issuer, zoneId, audience } = this.issuer
    const { url, token } = this.redis.database
    const variables = {
      CARACAL_STS_URL: issuer,
      CARACAL_ZONE_ID: zoneId,
      CARACAL_AUDIENCE: audience,
      UPSTASH_REDIS_REST_URL: url,
      UPSTASH_REDIS_REST_TOKEN: token,
      ...also,
    }
    const given = Object.entries(variables).filter(([name]) => !without.includes(name))
    const program = new RunningProgram(await this.runtime.command(), Object.fromEntries(given))
    const stop = () => {
      // Some wait for connections that are kept.
      globalAgent.destroy()
      return program.stop()
    }
    try {
      const [origin] = await program.untilItPrints(/http:\/\/127\.0\.0\.1:\d+/)
      return { origin, output: () => program.output, stop }
    } catch (error) {
      await stop()
      throw error
    }
  }

  /** A path of the subject's, as it is on the wire. */
  path(path: string): string {
    return `${this.runtime.prefix ?? ''}${path}`
  }

  ask(path: string, sent: Sent = {}): Promise<Answer> {
    return ask(this.origin, this.path(path), sent)
  }

  /** Asks with a mandate that suffices. */
  async askWell(): Promise<Answer> {
    return this.ask('/x', { mandate: await this.issuer.mint() })
  }
}

export interface Departure {
  /** Variables that are not set. */
  readonly without?: readonly string[]
  readonly also?: Variables
}
