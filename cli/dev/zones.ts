// The zones of `dev`: each with its keys, and with mandates and revocations as the platform makes them.

import { RedisRevocationStore, syncRevocations } from 'caracal-edge/redis'
import { createTestIssuer, signStreamMessage, type TestIssuer, type TestZone } from 'caracal-edge/testing'
import { MAX_ID_LENGTH } from '../input.ts'
import { NoRedis } from '../redis-fault.ts'
import { plainReply } from '../redis-url.ts'
import { INVALIDATIONS, KEY_PREFIX, REVOCATIONS } from '../streams.ts'
import type { DevRedis } from './redis.ts'
import { asRecord, Refused } from './requests.ts'

interface Plan {
  readonly url: string
  readonly zoneIds: readonly string[]
  readonly audience: string
  readonly redis: DevRedis
  readonly hmacKey: string
}

/** Each is made up with ids of its own: as many as anybody writes would stop everything else. */
const MAX_HOPS = 100

type Fields = { readonly [name: string]: string }

/** @throws {CaracalConfigError} naming a zone or an audience that cannot be one */
export function issuerOf({ url, zoneIds, audience }: Omit<Plan, 'redis' | 'hmacKey'>): TestIssuer {
  const [zoneId = ''] = zoneIds
  const issuer = createTestIssuer({ issuer: url, zoneId, audience })
  for (const zone of zoneIds) issuer.zone(zone)
  return issuer
}

export class Zones {
  readonly #plan: Plan
  readonly #issuer: TestIssuer
  readonly #store: RedisRevocationStore

  constructor(plan: Plan) {
    this.#plan = plan
    this.#issuer = issuerOf(plan)
    this.#store = new RedisRevocationStore({ command: this.#command })
  }

  readonly #command = async (words: readonly string[]) => plainReply((await this.#plan.redis.run([words]))[0])

  /** Nothing was announced in a Redis that has just been started: the first pass is not to report a loss. */
  async begin(): Promise<void> {
    if (this.#plan.redis.kind === 'given') return
    await syncRevocations({ command: this.#command, hmacKey: this.#plan.hmacKey, giveUp: ['restarted'] })
  }

  /** @param url whose host is as a client writes it, perhaps with a user that no `Request` takes */
  keySet({ pathname, search }: URL): Promise<Response> {
    return this.#issuer.handler(new Request(`${this.#plan.url}${pathname}${search}`))
  }

  /** The options of a guard for this zone. It fetches the keys anew, so that a rotation counts at once. */
  guardOptions(zone: unknown) {
    return {
      issuer: this.#plan.url,
      expectedZoneId: this.#zoneOf(zone).zoneId,
      audience: this.#plan.audience,
      revocations: this.#store,
      keySet: { fetch: (url: string, init?: RequestInit) => this.#issuer.handler(new Request(url, init)) },
    }
  }

  async mint({ zone, claims, ...departures }: Readonly<Record<string, unknown>>) {
    const of = this.#zoneOf(zone)
    if (typeof departures.hops === 'number' && departures.hops > MAX_HOPS)
      throw new Refused(400, `hops must be ${MAX_HOPS} or fewer`)
    const epoch = await this.#epochOf(of.zoneId)
    const isDelegated = departures.agent !== false && departures.hops !== 0
    const given = claims === undefined ? {} : asRecord(claims, 'claims')
    const mandate = await of
      .mint({ ...departures, claims: { ...(isDelegated && { delegation_graph_epoch: epoch }), ...given } })
      .catch(asRefused)
    return { mandate, zone: of.zoneId }
  }

  /** Marks the anchor, so that guards see it at once, and announces it as the STS does. */
  async revoke({ zone, anchor }: Readonly<Record<string, unknown>>) {
    const { zoneId } = this.#zoneOf(zone)
    if (typeof anchor !== 'string' || anchor.trim() === '')
      throw new Refused(400, 'anchor must be the id that is to be revoked')
    if (anchor.length > MAX_ID_LENGTH) throw new Refused(400, 'anchor is longer than any mandate')
    await this.#store.markRevoked(anchor).catch(asRefused)
    await this.#announce(REVOCATIONS, {
      zone_id: zoneId,
      session_id: anchor,
      reason: 'caracal-edge dev',
    })
    return { revoked: anchor, zone: zoneId }
  }

  /** Raises the epoch of a zone: to the next one, if none is named. */
  async raise({ zone, epoch }: Readonly<Record<string, unknown>>) {
    const { zoneId } = this.#zoneOf(zone)
    const current = await this.#epochOf(zoneId)
    const next = epoch ?? current + 1
    if (typeof next !== 'number' || !Number.isSafeInteger(next) || next < 0) {
      throw new Refused(400, 'epoch must be a whole number, 0 or more')
    }
    await this.#store.markDelegationEpoch(zoneId, next)
    await this.#announce(INVALIDATIONS, { zone_id: zoneId, epoch: String(next) })
    return { epoch: Math.max(current, next), zone: zoneId }
  }

  async rotate({ zone }: Readonly<Record<string, unknown>>) {
    const of = this.#zoneOf(zone)
    await of.rotate()
    return { rotated: true, zone: of.zoneId }
  }

  #zoneOf(zone: unknown): TestZone {
    const { zoneIds } = this.#plan
    const zoneId = zone === undefined ? zoneIds[0] : zoneIds.find((one) => one === zone)
    if (zoneId === undefined)
      throw new Refused(404, `this dev has no such zone; it has ${zoneIds.join(', ')}`)
    return this.#issuer.zone(zoneId)
  }

  /** The epoch of a zone, also where another program has raised it. */
  async #epochOf(zoneId: string): Promise<number> {
    const stored = Number(await this.#command(['GET', `${KEY_PREFIX}delegation-epoch:${zoneId}`]))
    return Math.max(1, Number.isSafeInteger(stored) ? stored : 1)
  }

  async #announce(stream: string, fields: Fields): Promise<void> {
    const signed = await signStreamMessage(stream, fields, this.#plan.hmacKey)
    const id = await this.#command(['XADD', stream, '*', ...Object.entries(signed).flat()])
    if (typeof id !== 'string' || !/^\d+-\d+$/.test(id)) throw new NoRedis()
  }
}

/** What the package says is wrong in what was asked. */
function asRefused(error: unknown): never {
  // Of JSON that goes deeper than the stack.
  if (error instanceof RangeError) throw new Refused(400, 'claims must be less deep')
  throw error instanceof TypeError ? new Refused(400, error.message) : error
}
