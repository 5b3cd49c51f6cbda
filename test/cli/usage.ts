// Wrong usage, wrong variables, and help.

import { describe, expect, test } from 'vitest'
import { besideDev, type InstalledCli } from './installed.ts'

export function testUsage(cli: InstalledCli) {
  const { run } = besideDev(cli)

  describe('wrong usage ends with 2, and says what was meant', () => {
    test.each([
      [[], /Usage: caracal-edge/],
      [['mnt'], /unknown command 'mnt'.*Did you mean mint/s],
      [['mint', '--scopes', 'a'], /unknown option '--scopes'.*Did you mean --scope/s],
      [['mint', '--hops', 'two'], /whole number from 0 to 100/],
      [['mint', '--lifetime', '-1'], /--lifetime/],
      [['mint', '--use', 'sesion'], /resource, session, gateway/],
      [['mint', '--claim', 'sub'], /name=value/],
      [['mint', '--hops', '1', '--no-agent'], /cannot go together/],
      [['mint', '--zone', 'zone-c'], /no such zone; it has zone-a, zone-b/],
      [['mint', 'read'], /too many arguments/],
      [['mint', '--vars', 'nowhere.env'], /nowhere\.env cannot be read/],
      [['revoke'], /missing required argument 'anchor'/],
      [['revoke', ''], /no id/],
      [['epoch', 'next'], /whole number/],
      [['sync', '--give-up', 'all'], /trimmed, unverified, restarted/],
      [['sync', '--follow', '--give-up', 'restarted'], /for a single pass/],
      [['sync', '--key-prefix', 'mine:'], /keyPrefix needs the option groups/],
      [['sync', '--unsigned-streams', 'yes'], /accept/],
      [['sync', '--loss-hold-ms', '900'], /5000 or more/],
      [['dev', '--port', '70000'], /from 0 to 65535/],
      [['dev', '--force'], /--write/],
      [['dev', '--audience', ''], /audience/],
      [['dev', '--zone', ''], /zone/],
    ])('%j', async (args, said) => {
      const { code, stdout, stderr } = await run(args)
      expect([code, stdout]).toEqual([2, ''])
      expect(stderr).toMatch(said)
      expect(stderr).not.toMatch(/\n\s+at |Error:/)
    })

    test.each([
      ['mint', {}, /CARACAL_STS_URL is not set: start caracal-edge dev/],
      ['mint', { CARACAL_STS_URL: 'sts' }, /must be an http: or https: URL/],
      ['sync', {}, /no Redis is named/],
      ['sync', { REDIS_URL: 'http://u:s3cret@host' }, /redis:\/\/host:port/],
      ['sync', { REDIS_URL: 'redis://localhost' }, /STREAMS_HMAC_KEY is not set/],
      [
        'sync',
        { REDIS_URL: 'redis://localhost', STREAMS_HMAC_KEY: 's3cret' },
        /32 bytes or more in hexadecimal/,
      ],
      [
        'sync',
        { UPSTASH_REDIS_REST_URL: 'http://host.test', UPSTASH_REDIS_REST_TOKEN: 's3cret' },
        /^caracal-edge: UPSTASH_REDIS_REST_URL must be an https/,
      ],
      ['epoch', { CARACAL_ZONE_ID: 'z', REDIS_URL: 'redis://localhost' }, /name the new epoch/],
    ])('%s with %j', async (command, variables, said) => {
      const { code, stdout, stderr } = await cli.run([command], { variables })
      expect([code, stdout]).toEqual([2, ''])
      expect(stderr).toMatch(said)
      expect(stderr).not.toMatch(/s3cret|\n\s+at /)
    })
  })

  test.each(['dev', 'mint', 'explain', 'revoke', 'epoch', 'rotate', 'sync', 'doctor'])(
    '%s --help',
    async (command) => {
      const { code, stdout, stderr } = await cli.run([command, '--help'])
      expect([code, stderr]).toEqual([0, ''])
      expect(stdout).toMatch(/^Usage: caracal-edge/)
      for (const option of ['--json', '--vars <file>']) expect(stdout).toContain(option)
      // Wide enough for any terminal.
      for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(120)
    },
  )
}
