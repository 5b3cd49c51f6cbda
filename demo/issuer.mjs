// @ts-check
// An issuer of mandates for the examples to trust, with curl lines to try them. PORT sets its port (4000).

import { onStop, portToUse, runInForeground } from '../lab/foreground.mjs'

/** Where an example listens unless it is told otherwise. */
const EXAMPLE_URL = 'http://localhost:3000'

await runInForeground(
  async () => {
    const port = await portToUse(4000)
    // Only now: without dist/ and node_modules/ these imports fail with a message about a file.
    const { startIssuer } = await import('../lab/issuer.mjs')
    const { AUDIENCE, ZONE_ID } = await import('./billing.mjs')
    const { offerCurlLines, printCurlLines } = await import('./curl-lines.mjs')
    const issuer = await startIssuer({ port, audience: AUDIENCE, zoneId: ZONE_ID })
    onStop(issuer.close)

    console.log('In the terminal of the example, before it is started:\n')
    console.log(`export CARACAL_STS_URL=${issuer.url}`)
    console.log(`export CARACAL_ZONE_ID=${ZONE_ID}`)
    console.log(`export CARACAL_AUDIENCE=${AUDIENCE}`)
    console.log('\nWhen it is running, in a third one:')
    await offerCurlLines(issuer, (sid) =>
      printCurlLines({ issuer, url: EXAMPLE_URL, invoices: '/invoices/7', sid }),
    )
  },
  { serves: true },
)
