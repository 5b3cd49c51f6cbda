// @ts-nocheck
// Looks up in stores whose answers are not what their headers say, and prints what became of each: node, bun or deno.

import { UpstashRevocationStore } from 'caracal-edge/upstash'

const { BASE_URL, NAMES } = process.env
const outcomes = {}
for (const name of NAMES.split(',')) {
  const store = new UpstashRevocationStore({ url: `${BASE_URL}/${name}`, token: 'token', timeoutMs: 5_000 })
  outcomes[name] = await store.lookup({ anchors: ['session-1'], zoneId: undefined }).then(
    ({ revoked }) => revoked,
    ({ fault }) => fault,
  )
}
console.log(JSON.stringify(outcomes))
process.exit()
