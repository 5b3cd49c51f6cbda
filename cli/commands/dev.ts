// `dev`: what a service needs to be developed without the platform.

import type { Command } from 'commander'
import type { DevOptions } from '../dev/dev.ts'
import { repeated, wholeNumber, withCommonOptions } from '../options.ts'

const DETAILS = `
It listens on 127.0.0.1 only, and ends with Ctrl-C, or with the program that started it. Nothing is kept.
  GET  /                                  a page: mint, copy, explain and revoke mandates, rotate keys
  GET  /.well-known/jwks.json?zone_id=…   the key set of a zone
  POST /dev/mint /dev/explain /dev/revoke /dev/epoch /dev/rotate   with JSON, as the commands do
  POST /redis                             Upstash's REST protocol

In a second terminal, set what it prints, or start it with --write and use --vars.`

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
    .action(async (options: DevOptions) => (await import('../dev/dev.ts')).dev(options))
}
