// @ts-check
// Runs the Worker in workerd without anything of Node.js, until it is told to end.

import { startPlainWorkerd } from '../../../../lab/plain-workerd.mjs'

// Which of its programs, and the compatibility flags that it needs.
const [program, ...flags] = process.argv.slice(2)
const NAMES = ['CARACAL_STS_URL', 'CARACAL_ZONE_ID', 'CARACAL_AUDIENCE']

const vars = Object.fromEntries(NAMES.map((name) => [name, process.env[name] ?? '']))
const { port, stop } = await startPlainWorkerd(`test/runtimes/mcp/subject/${program}`, flags, vars)
process.once('SIGINT', async () => {
  await stop()
  process.exit(0)
})
console.log(`listening on http://127.0.0.1:${port}`)
