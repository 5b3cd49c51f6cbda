// The zones of `dev`: each with its keys, and with mandates and revocations as the platform makes them.

import { createHmac } from 'node:crypto'
import { RedisRevocationStore, syncRevocations } from 'caracal-edge/redis'
import { createTestIssuer, type TestIssuer } from 'caracal-edge/testing'
import { plainReply } from '../redis-url.ts'
import type { DevRedis } from './redis.ts'
import { asRecord, Refused } from './requests.ts'

interface Plan {
  readonly url: string
  readonly zoneIds: readonly string[]
  readonly audience: string
  readonly redis: DevRedis
  readonly hmacKey: string
}

type Fields = { readonly [name: string]: string }

export class Zones {
  readonly #plan: Plan
  readonly #issuers: ReadonlyMap<string, TestIssuer>
  readonly #store: RedisRevocationStore
  readonly #epochs = new Map<string, number>()

  constructor(plan: Plan) {
    this.#plan = plan
    const { url, zoneIds, audience } = plan
    this.#issuers = new Map(
      zoneIds.map((zoneId) => [zoneId, createTestIssuer({ issuer: url, zoneId, audience })]),
    )
    this.#store = new RedisRevocationStore({ command: this.#command })
  }

  readonly #command = async (words: readonly string[]) => plainReply((await this.#plan.redis.run([words]))[0])

  /** Nothing was announced in a Redis that has just been started: the first pass is not to report a loss. */
  async begin(): Promise<void> {
    if (this.#plan.redis.kind === 'given') return
    await syncRevocations({ command: this.#command, hmacKey: this.#plan.hmacKey, giveUp: ['restarted'] })
  }

  async keySet(url: URL): Promise<Response> {
    const asked = url.searchParams.get('zone_id')
    const issuer = this.#issuers.get(asked ?? '') ?? [...this.#issuers.values()][0]
    return issuer === undefined
      ? new Response('Not found', { status: 404 })
      : issuer.handler(new Request(url))
  }

  async mint({ zone, claims, ...departures }: Readonly<Record<string, unknown>>) {
    const issuer = this.#issuerOf(zone)
    const epoch = await this.#epochOf(issuer.zoneId)
    const isDelegated = departures.agent !== false && departures.hops !== 0
    const given = claims === undefined ? {} : asRecord(claims, 'claims')
    const mandate = await issuer
      .mint({ ...departures, claims: { ...(isDelegated && { delegation_graph_epoch: epoch }), ...given } })
      .catch((error: unknown) => {
        throw error instanceof TypeError ? new Refused(400, error.message) : error
      })
    return { mandate, zone: issuer.zoneId }
  }

  /** Marks the anchor, so that guards see it at once, and announces it as the STS does. */
  async revoke({ zone, anchor }: Readonly<Record<string, unknown>>) {
    const { zoneId } = this.#issuerOf(zone)
    if (typeof anchor !== 'string' || anchor.trim() === '')
      throw new Refused(400, 'anchor must be the id that is to be revoked')
    await this.#store.markRevoked(anchor)
    await this.#announce('caracal.sessions.revoke', {
      zone_id: zoneId,
      session_id: anchor,
      reason: 'caracal-edge dev',
    })
    return { revoked: anchor, zone: zoneId }
  }

  /** Raises the epoch of a zone: to the next one, if none is named. */
  async raise({ zone, epoch }: Readonly<Record<string, unknown>>) {
    const { zoneId } = this.#issuerOf(zone)
    const current = await this.#epochOf(zoneId)
    const next = epoch ?? current + 1
    if (typeof next !== 'number' || !Number.isSafeInteger(next) || next < 0) {
      throw new Refused(400, 'epoch must be a whole number, 0 or more')
    }
    await this.#store.markDelegationEpoch(zoneId, next)
    await this.#announce('caracal.delegations.invalidate', { zone_id: zoneId, epoch: String(next) })
    this.#epochs.set(zoneId, Math.max(current, next))
    return { epoch: Math.max(current, next), zone: zoneId }
  }

  async rotate({ zone }: Readonly<Record<string, unknown>>) {
    const issuer = this.#issuerOf(zone)
    await issuer.rotate()
    return { rotated: true, zone: issuer.zoneId }
  }

  #issuerOf(zone: unknown): TestIssuer {
    const { zoneIds } = this.#plan
    const issuer = this.#issuers.get(typeof zone === 'string' ? zone : (zoneIds[0] ?? ''))
    if (issuer === undefined || (zone !== undefined && typeof zone !== 'string')) {
      throw new Refused(404, `this dev has no such zone; it has ${zoneIds.join(', ')}`)
    }
    return issuer
  }

  /** The epoch of a zone, also where another program has raised it. */
  async #epochOf(zoneId: string): Promise<number> {
    const stored = Number(await this.#command(['GET', `caracal:revoked:sessions:delegation-epoch:${zoneId}`]))
    return Math.max(1, this.#epochs.get(zoneId) ?? 1, Number.isSafeInteger(stored) ? stored : 1)
  }

  async #announce(stream: string, fields: Fields): Promise<void> {
    const canonical = Object.keys(fields)
      .sort()
      .map((name) => `${name}=${fields[name]}\n`)
      .join('')
    const signature = createHmac('sha256', Buffer.from(this.#plan.hmacKey, 'hex')).update(
      `${stream}\n${canonical}`,
    )
    await this.#command([
      'XADD',
      stream,
      '*',
      ...Object.entries(fields).flat(),
      '_sig',
      signature.digest('hex'),
    ])
  }
}
