// `doctor`: what it finds.

import { createServer } from 'node:http'
import { describe, expect, test } from 'vitest'
import { besideDev, type InstalledCli, type RunOptions } from './installed.ts'

export function testDoctor(cli: InstalledCli) {
  const { run } = besideDev(cli)

  describe('doctor', () => {
    const doctor = async (options: RunOptions = {}, args: readonly string[] = []) => {
      const { code, stdout } = await run(['doctor', '--json', ...args], options)
      const { ok, findings } = JSON.parse(stdout)
      expect(code).toBe(ok ? 0 : 1)
      return findings
    }
    const about = (findings: readonly { check: string; state: string }[], check: string) =>
      findings.filter((one) => one.check === check)

    test('finds nothing wrong with dev', async () => {
      const findings = await doctor({}, ['--write'])
      expect(findings.filter(({ state }: { state: string }) => state === 'bad')).toEqual([])
      expect(about(findings, 'issuer')[0]).toMatchObject({
        text: expect.stringContaining('caracal-edge dev'),
      })
      expect(about(findings, 'redis').map(({ state }) => state)).toEqual(['good', 'good'])
      for (const check of ['environment', 'zone', 'clock', 'eviction', 'heartbeat', 'stream']) {
        expect(about(findings, check)[0], check).toMatchObject({ state: 'good' })
      }
    })

    test.each([
      ['a zone that is not known', { CARACAL_ZONE_ID: 'zone-x' }, 'zone', /does not know zone-x/],
      ['an issuer that is not there', { CARACAL_STS_URL: 'http://127.0.0.1:1' }, 'issuer', /nothing answers/],
      ['a variable that is missing', { CARACAL_AUDIENCE: '' }, 'environment', /CARACAL_AUDIENCE/],
      [
        'a wrong token',
        { UPSTASH_REDIS_REST_TOKEN: 'wrong' },
        'redis',
        /does not answer a look-up \(status\)/,
      ],
      ['a wrong stream key', { STREAMS_HMAC_KEY: 'abc' }, 'stream', /32 bytes/],
    ])('%s', async (_title, variables, check, text) => {
      const [finding] = about(await doctor({ variables }), check).filter(({ state }) => state === 'bad')
      expect(finding).toMatchObject({
        text: expect.stringMatching(text),
        advice: expect.stringMatching(/\.$/),
      })
    })

    test.each([
      [-20_000, 'note', /20 s/],
      [600_000, 'bad', /10 min/],
      [0, 'good', /as that of the issuer/],
    ])('a clock that is off by %i ms', async (off, state, text) => {
      const issuer = createServer((_request, response) => {
        response.setHeader('Date', new Date(Date.now() + off).toUTCString()).end('{"keys":[{}]}')
      })
      await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve))
      const address = issuer.address()
      const port = address instanceof Object ? address.port : 0
      const findings = await doctor({ variables: { CARACAL_STS_URL: `http://127.0.0.1:${port}` } })
      issuer.close()
      expect(about(findings, 'clock')).toEqual([
        expect.objectContaining({ state, text: expect.stringMatching(text) }),
      ])
      expect(about(findings, 'issuer')[0]).toMatchObject({ text: expect.stringContaining('an STS') })
    })

    test('without variables it says which', async () => {
      const { code, stdout, stderr } = await cli.run(['doctor'])
      expect([code, stderr]).toEqual([1, 'caracal-edge: one thing is wrong\n'])
      expect(stdout).toMatch(/✗ environment: .*CARACAL_STS_URL/s)
      expect(stdout).toMatch(/! redis: no variable names a Redis/)
    })
  })
}
