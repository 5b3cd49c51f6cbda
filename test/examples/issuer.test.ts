// `npm run issuer`: new commands at every Enter, with a new key too, and clear errors about the port.

import { createServer } from 'node:net'
import { decodeProtectedHeader } from 'jose'
import { expect, test } from 'vitest'
import { answerTo, type CurlLine, startIssuer, withExample } from './support/examples.ts'
import { RunningProgram } from './support/running-program.ts'

function keyIdOf(line: CurlLine | undefined): string | undefined {
  const authorization = new Headers(line?.init.headers).get('authorization') ?? ''
  return decodeProtectedHeader(authorization.replace('Bearer ', '')).kid
}

test('after a rotation, the new commands work like the old ones', async () => {
  const issuer = await startIssuer()
  try {
    await withExample('node.mjs', issuer.variables, async (url) => {
      for (const line of issuer.lines) expect((await answerTo(line, url)).title).toBe(line.title)
      const fresh = await issuer.rotated()
      expect(keyIdOf(fresh[0])).not.toBe(keyIdOf(issuer.lines[0]))
      expect(fresh).toHaveLength(issuer.lines.length)
      for (const line of fresh) expect((await answerTo(line, url)).title).toBe(line.title)
    })
  } finally {
    await issuer.program.stop()
  }
}, 60_000)

test('it says what to do about a port in use', async () => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const address = other.address()
  const port = typeof address === 'object' ? String(address?.port) : ''
  const issuer = new RunningProgram('node demo/issuer.mjs', { PORT: port })
  expect(await issuer.ended).toBe(1)
  expect(issuer.output).toMatch(
    new RegExp(`^Port ${port} cannot be used .*Set PORT to another, or to 0\\.$`, 'm'),
  )
  other.close()
}, 60_000)

test('it says what to do about an invalid port', async () => {
  const issuer = new RunningProgram('node demo/issuer.mjs', { PORT: 'http' })
  expect(await issuer.ended).toBe(1)
  expect(issuer.output).toBe('PORT must be a number from 0 to 65535, and it is "http".\n')
}, 60_000)
