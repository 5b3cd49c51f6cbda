// On Deno, a variable that may not be read is not simply called missing.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { missingUnless } from './runtime.ts'

const DENO = 'node_modules/.bin/deno'
const VARIABLES = {
  CARACAL_STS_URL: 'https://sts.test',
  CARACAL_ZONE_ID: 'zone-1',
  CARACAL_AUDIENCE: 'resource://api',
  UPSTASH_REDIS_REST_URL: 'https://redis.test',
  UPSTASH_REDIS_REST_TOKEN: 'token',
}
const ALL = Object.keys(VARIABLES).join()

async function printed(...permissions: readonly string[]): Promise<Record<string, string>> {
  const program = 'test/runtimes/subject/deno-without-environment.mjs'
  const { stdout } = await promisify(execFile)(
    DENO,
    ['run', '--cached-only', '--no-prompt', ...permissions, program],
    { env: { ...process.env, ...VARIABLES, NO_COLOR: '1' } },
  )
  return Object.fromEntries(stdout.split('\n').map((line) => line.split(/: (.*)/)))
}

test.skipIf(missingUnless(DENO))('without permission, the message says so, for each variable', async () => {
  const { guard = '', store = '', bound = '' } = await printed()
  for (const name of ['CARACAL_STS_URL', 'CARACAL_ZONE_ID', 'CARACAL_AUDIENCE']) {
    expect(guard).toContain(
      `or set ${name}. If it is set: Deno may not read ${name}: run it with --allow-env`,
    )
  }
  for (const name of ['UPSTASH_REDIS_REST_URL', 'UPSTASH_REDIS_REST_TOKEN']) {
    expect(store).toContain(`${name} is not set, or Deno may not read ${name}: run it with --allow-env`)
  }
  expect(bound).not.toContain('read UPSTASH_REDIS_REST_URL')
  expect(`${guard}${store}${bound}`).not.toMatch(/sts\.test|zone-1|resource:|NotCapable/)
})

test.skipIf(missingUnless(DENO))('with permission for some of them, it speaks of the others', async () => {
  const { guard = '' } = await printed('--allow-env=CARACAL_STS_URL,CARACAL_ZONE_ID')
  expect(guard).toContain('CARACAL_AUDIENCE')
  expect(guard).not.toMatch(/CARACAL_STS_URL|CARACAL_ZONE_ID/)
})

test.skipIf(missingUnless(DENO))('with permission for those that are read, everything is built', async () => {
  expect(
    await printed(`--allow-env=${ALL},CARACAL_ALLOW_INSECURE_CONFIG_URLS,KV_REST_API_URL,KV_REST_API_TOKEN`),
  ).toMatchObject({
    guard: 'built',
    store: 'built',
    bound: 'built',
  })
})
