// @ts-check
// Starts the example MCP server, and walks an agent with the official client through it.
//   npm run demo:mcp            the server is examples/mcp-worker.ts, in workerd
//   npm run demo:mcp -- --bun   it is examples/mcp-bun.ts, on Bun

import { answerSignals, end, onStop, runInForeground } from '../lab/foreground.mjs'

const DEMO_LIMIT_MS = 50_000

const options = process.argv.slice(2)
const onBun = options.includes('--bun')

await runInForeground(
  async () => {
    const unknown = options.find((option) => option !== '--bun')
    if (unknown !== undefined) throw new Error(`"${unknown}" is no option of the demo; there is --bun.`)
    if (process.env.npm_config_bun) throw new Error('npm kept --bun for itself: npm run demo:mcp -- --bun')

    // Only now: without dist/ and node_modules/ these imports fail with a message about a file.
    const { startIssuer } = await import('../lab/issuer.mjs')
    const { AUDIENCE, ZONE_ID } = await import('./billing.mjs')
    const { startOnBun, startOnWorkerd } = await import('./mcp-servers.mjs')
    const { walkAgent } = await import('./mcp-walk.mjs')

    const issuer = await startIssuer({ audience: AUDIENCE, zoneId: ZONE_ID })
    onStop(issuer.close)
    const vars = { CARACAL_STS_URL: issuer.url, CARACAL_ZONE_ID: ZONE_ID }
    const url = await (onBun ? startOnBun : startOnWorkerd)(vars, onStop)
    answerSignals()
    console.log(`issuer  ${issuer.url}  (zone ${ZONE_ID})`)
    console.log(
      `server  ${url}  (${onBun ? 'examples/mcp-bun.ts on Bun' : 'examples/mcp-worker.ts in workerd'})`,
    )

    const startedAt = Date.now()
    const limit = setTimeout(() => {
      console.error(`The demo did not end within ${DEMO_LIMIT_MS / 1000} seconds.`)
      end(1)
    }, DEMO_LIMIT_MS)
    const { passed, total } = await walkAgent(issuer, url)
    clearTimeout(limit)
    const seconds = ((Date.now() - startedAt) / 1000).toFixed(1)
    console.log(`\n${passed === total ? '✓' : '✗'} ${passed} of ${total} as expected, in ${seconds} s`)
    return passed === total
  },
  { serves: false },
)
