// A server that runs the subject, and what became of a request there.

import { createTestIssuer } from 'caracal-edge/testing'
import { RunningProgram } from '../../examples/support/running-program.ts'
import { exchange } from './raw.ts'
import { bytesOf, type Head } from './requests.ts'

const issuer = createTestIssuer()

/** By whom a request is sent. */
const MANDATES = new Map<string, string | undefined>([
  ['nobody', undefined],
  ['reader', await issuer.mint({ scopes: ['read'] })],
  ['admin', await issuer.mint({ scopes: ['read', 'admin'] })],
])

/** What the subject says: the URL that the runtime made, and for each app the route that was reached, or a status. */
export interface Told {
  readonly url: string
  readonly answers: Readonly<Record<string, string>>
}

export class Server {
  readonly #command: string
  #program: RunningProgram | undefined
  #port = 0

  constructor(command: string) {
    this.#command = command
  }

  async start(): Promise<void> {
    const { issuer: iss, expectedZoneId, audience } = issuer.options
    const trusted = { issuer: iss, expectedZoneId, audience, keySet: { jwks: await issuer.jwks() } }
    this.#program = new RunningProgram(this.#command, { TRUSTED: JSON.stringify(trusted) })
    const [, port] = await this.#program.untilItPrints(/http:\/\/127\.0\.0\.1:(\d+)/)
    this.#port = Number(port)
  }

  async stop(): Promise<void> {
    await this.#program?.stop()
  }

  /** Gives the status where the server itself answered, 0 where it only closed the connection. */
  async ask(head: Head, by: string): Promise<Told | number> {
    const answer = await exchange(this.#port, bytesOf(head, MANDATES.get(by)))
    const [, told] = /^x-told: (.*)$/im.exec(answer) ?? []
    if (told !== undefined) return JSON.parse(decodeURIComponent(told))
    return Number(/^HTTP\/1\.[01] (\d{3})/.exec(answer)?.[1] ?? 0)
  }
}
