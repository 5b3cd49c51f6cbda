// The Redis behind `dev`: a real one of its own, the one that is named, or one in memory.

import { randomBytes } from 'node:crypto'
import { hasRedisServer, startRedis } from '../../lab/redis-server.mjs'
import { type Command, type Reply, sendCommands } from '../../lab/resp.mjs'
import { Failure } from '../failures.ts'
import { MemoryRedis } from '../memory/redis.ts'
import { type Reply as MemoryReply, Refusal, Status } from '../memory/replies.ts'
import { say } from '../output.ts'
import { placeOf } from '../redis-url.ts'

export interface DevRedis {
  readonly kind: 'redis-server' | 'memory' | 'given'
  readonly title: string
  readonly run: (commands: readonly Command[]) => Promise<readonly Reply[]>
  readonly stop: () => Promise<void>
}

const START_LIMIT_MS = 5_000

/** @param url names a Redis that is there already */
export async function openRedis(url: string | undefined): Promise<DevRedis> {
  if (url !== undefined) return givenRedis(url)
  if (!hasRedisServer()) return memoryRedis('there is no redis-server on the PATH')
  return ownRedis().catch(() => {
    say(
      'The redis-server on the PATH does not start: run it by itself to see why. Until then, the Redis of dev is in memory.',
    )
    return memoryRedis('the redis-server on the PATH does not start')
  })
}

async function ownRedis(): Promise<DevRedis> {
  // Its port is open to every user of the machine.
  const password = randomBytes(32).toString('hex')
  const redis = await startRedis({ password, startLimitMs: START_LIMIT_MS })
  return {
    kind: 'redis-server',
    title: 'a redis-server of its own, which forgets everything at the end',
    run: (commands) => sendCommands(redis.place, commands),
    stop: redis.stop,
  }
}

async function givenRedis(url: string): Promise<DevRedis> {
  const place = placeOf(url)
  const run = (commands: readonly Command[]) => sendCommands(place, commands)
  const [reply] = await run([['PING']]).catch(() => [undefined])
  if (reply !== 'PONG')
    throw new Failure(
      `the Redis at ${place.host}:${place.port} does not answer PING: is it running, and are user and password right?`,
    )
  return { kind: 'given', title: `the Redis at ${place.host}:${place.port}`, run, stop: async () => {} }
}

/** @param why there is no other */
function memoryRedis(why: string): DevRedis {
  const redis = new MemoryRedis()
  return {
    kind: 'memory',
    title: `in memory: only the commands that caracal-edge sends (${why})`,
    run: async (commands) => redis.runAll(commands.map((command) => command.map(String))).map(sentAs),
    stop: async () => {},
  }
}

/** As a real Redis has sent it. */
function sentAs(reply: MemoryReply): Reply {
  if (reply instanceof Status) return reply.text
  if (reply === null || typeof reply === 'number' || reply instanceof Refusal) return reply
  return typeof reply === 'string' ? Buffer.from(reply) : reply.map(sentAs)
}
