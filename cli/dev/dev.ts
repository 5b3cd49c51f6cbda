// Starts `dev`, introduces it, and stops it in good order.

import { UsageError } from '../failures.ts'
import { startStay } from '../lifetime.ts'
import { oneLine, paint, print, printJson, say } from '../output.ts'
import { variable } from '../variables.ts'
import { isUnignored } from './git.ts'
import { openRedis } from './redis.ts'
import { listenOn } from './server.ts'
import {
  type DevVariables,
  exportLines,
  secretsFor,
  shellWord,
  usualFile,
  variablesIn,
  writeVariables,
} from './variables.ts'
import { issuerOf, Zones } from './zones.ts'

export interface DevOptions {
  readonly port: number
  readonly zone?: readonly string[]
  readonly audience: string
  readonly redis?: string | true
  readonly write?: string | true
  readonly force?: true
  readonly json?: true
}

export async function dev(options: DevOptions): Promise<void> {
  const zoneIds = [...new Set(options.zone ?? ['zone-dev'])]
  const file = options.write === true ? usualFile() : options.write
  // Before anything is started: mistakes are to be said at once.
  issuerOf({ url: 'http://127.0.0.1', zoneIds, audience: options.audience })
  const url = redisUrl(options.redis)
  const written = file === undefined ? {} : variablesIn(file)
  if (options.force === true && file === undefined) throw new UsageError('--force belongs to --write')

  // From now on, so that whatever has been started is also stopped.
  const stay = startStay()
  const stops: (() => Promise<void>)[] = []
  try {
    const server = await listenOn(options.port)
    stops.push(server.close)
    const redis = await openRedis(url)
    stops.push(redis.stop)
    const origin = server.url
    const places = [process.env, written]
    const variables: DevVariables = {
      CARACAL_STS_URL: origin,
      CARACAL_ZONE_ID: zoneIds[0] ?? '',
      CARACAL_AUDIENCE: options.audience,
      ...secretsFor(`${origin}/redis`, places),
    }
    const hmacKey = variables.STREAMS_HMAC_KEY
    const zones = new Zones({ url: origin, zoneIds, audience: options.audience, redis, hmacKey })
    await zones.begin()
    if (file !== undefined) {
      writeVariables(file, variables, options.force === true)
      if (isUnignored(file)) say(`${file} holds secrets, and git does not ignore it: add it to .gitignore`)
    }
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
  const url = given === true ? variable('REDIS_URL') : given
  if (!url) throw new UsageError('--redis without a URL needs the variable REDIS_URL')
  // A name without a password is sent as the password.
  if (given !== true && URL.canParse(url) && new URL(url).username + new URL(url).password !== '') {
    throw new UsageError(
      '--redis: a user or a password in an argument can be seen by other users. Set REDIS_URL, and give --redis alone',
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
  // A line break, as in the name of a file, would end the comment.
  const comment = (text: string) => print(paint('dim', `# ${oneLine(text, 4_000)}`))
  comment(`caracal-edge dev, at ${origin}`)
  comment(`zones: ${zoneIds.join(', ')}`)
  comment(`Redis: ${redis}`)
  if (file === undefined) for (const line of exportLines(variables)) print(line)
  else comment(`the variables are in ${file}`)
  const mint = `caracal-edge mint${file === undefined ? '' : ` --vars ${shellWord(file)}`}`
  say(`It runs until Ctrl-C. For a mandate: ${mint}, or the page at ${origin}`)
}
