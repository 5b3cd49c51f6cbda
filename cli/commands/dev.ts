// `dev`: what a service needs to be developed without the platform.

import type { Command } from 'commander'
import { openRedis } from '../dev/redis.ts'
import { listenOn } from '../dev/server.ts'
import {
  type DevVariables,
  exportLines,
  secretsFor,
  usualFile,
  variablesIn,
  writeVariables,
} from '../dev/variables.ts'
import { Zones } from '../dev/zones.ts'
import { UsageError } from '../failures.ts'
import { startStay } from '../lifetime.ts'
import { repeated, wholeNumber, withCommonOptions } from '../options.ts'
import { paint, print, printJson, say } from '../output.ts'

interface DevOptions {
  readonly port: number
  readonly zone?: readonly string[]
  readonly audience: string
  readonly redis?: string | true
  readonly write?: string | true
  readonly force?: true
  readonly json?: true
}

const DETAILS = `
It listens on 127.0.0.1 only, and ends with Ctrl-C, or with the program that started it. Nothing is kept.
  GET  /.well-known/jwks.json?zone_id=…   the key set of a zone
  POST /dev/mint /dev/revoke /dev/epoch /dev/rotate   with JSON; caracal-edge mint, revoke, epoch and rotate use them
  POST /redis                             Upstash's REST protocol

In a second terminal, set what it prints, or start it with --write and use --env-file.`

export function addDev(root: Command): void {
  withCommonOptions(root.command('dev'))
    .description('serve an issuer, its mandates and revocations, and a Redis, on a loopback port')
    .option('--port <number>', 'where to listen; 0 takes any free port', wholeNumber(0, 65_535), 4000)
    .option('--zone <id>', 'a zone; repeat it for several (default: zone-dev)', repeated)
    .option('--audience <resource>', 'the audience of mandates', 'resource://api')
    .option('--redis [url]', 'use this Redis (without a URL: that in REDIS_URL) instead of one of its own')
    .option(
      '--write [file]',
      'write the variables to a file (default: .dev.vars beside a wrangler file, else .env)',
    )
    .option('--force', 'let --write replace variables that have other values')
    .addHelpText('after', DETAILS)
    .action(dev)
}

async function dev(options: DevOptions): Promise<void> {
  const zoneIds = [...new Set(options.zone ?? ['zone-dev'])]
  const file = options.write === true ? usualFile() : options.write
  // Before anything is started: mistakes are to be said at once.
  const url = redisUrl(options.redis)
  if (options.force === true && file === undefined) throw new UsageError('--force belongs to --write')

  // From now on, so that whatever has been started is also stopped.
  const stay = startStay()
  const stops: (() => Promise<void>)[] = []
  try {
    const server = await listenOn(options.port)
    stops.push(server.close)
    const redis = await openRedis(url)
    stops.push(redis.stop)
    const origin = `http://127.0.0.1:${server.port}`
    const places = [process.env, file === undefined ? {} : variablesIn(file)]
    const variables: DevVariables = {
      CARACAL_STS_URL: origin,
      CARACAL_ZONE_ID: zoneIds[0] ?? '',
      CARACAL_AUDIENCE: options.audience,
      ...secretsFor(`${origin}/redis`, places),
    }
    const hmacKey = variables.STREAMS_HMAC_KEY
    const zones = new Zones({ url: origin, zoneIds, audience: options.audience, redis, hmacKey })
    await zones.begin()
    if (file !== undefined) writeVariables(file, variables, options.force === true)
    const description = { zones: zoneIds, audience: options.audience }
    server.serve({ zones, redis, token: variables.UPSTASH_REDIS_REST_TOKEN, description })
    if (options.json) printJson({ url: origin, ...description, redis: redis.kind, variables })
    else introduce(origin, zoneIds, redis.title, variables, file)
    await stay.ended
  } finally {
    stay.end()
    await Promise.allSettled(stops.map((stop) => stop()))
  }
}

function redisUrl(given: string | true | undefined): string | undefined {
  if (given === undefined) return undefined
  const url = given === true ? process.env.REDIS_URL?.trim() : given
  if (!url) throw new UsageError('--redis without a URL needs the variable REDIS_URL')
  if (given !== true && URL.canParse(url) && new URL(url).password !== '') {
    throw new UsageError(
      '--redis: a password in an argument can be seen by other users. Set REDIS_URL, and give --redis alone',
    )
  }
  return url
}

/** Standard output is for a shell to read. */
function introduce(
  origin: string,
  zoneIds: readonly string[],
  redis: string,
  variables: DevVariables,
  file: string | undefined,
): void {
  const comment = (text: string) => print(paint('dim', `# ${text}`))
  comment(`caracal-edge dev, at ${origin}`)
  comment(`zones: ${zoneIds.join(', ')}`)
  comment(`Redis: ${redis}`)
  if (file === undefined) for (const line of exportLines(variables)) print(line)
  else comment(`the variables are in ${file}`)
  say('It runs until Ctrl-C. For a mandate: caracal-edge mint')
}
