// Mistakes at the first start of an example are answered with advice.

import { expect, test } from 'vitest'
import { exampleProgram, reasonToSkip, START_COMMANDS, startIssuer, withExample } from './support/examples.ts'

/** Reads the variables at the first request: Next.js, and a Worker whose options are a function. The demo brings them. */
const LAZY = /^(next\/|(mcp-)?worker(-redis|-durable-object)?\.ts)/

/** Has an issuer of its own. */
const NEEDS_NOTHING = 'hello.mjs'

/** Names its audience itself. */
const HAS_AUDIENCE = /^mcp-/

const EAGER = [...START_COMMANDS.keys()].filter((file) => !LAZY.test(file) && file !== NEEDS_NOTHING)

for (const file of EAGER) {
  test.skipIf(reasonToSkip(file))(
    `${file} names all variables that are not set, and does not start`,
    async () => {
      const program = exampleProgram(file, {})
      expect(await program.ended).toBeGreaterThan(0)
      const audience = HAS_AUDIENCE.test(file) ? [] : ['CARACAL_AUDIENCE']
      for (const name of ['CARACAL_STS_URL', 'CARACAL_ZONE_ID', ...audience]) {
        expect(program.output).toContain(name)
      }
    },
    60_000,
  )
}

test('if the issuer does not run, the answer is 503 and the log names the network', async () => {
  const issuer = await startIssuer()
  await issuer.program.stop()
  await withExample('node.mjs', issuer.variables, async (url, program) => {
    const response = await fetch(url, issuer.lines[0]?.init)
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({ error: 'keys_unavailable' })
    await program.untilItPrints(/^\{.*"code":"keys_unavailable".*"fault":"network".*\}$/m)
  })
}, 60_000)
