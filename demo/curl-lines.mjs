// @ts-check
// Lines to paste into a shell, with fresh mandates in them.

import { createInterface } from 'node:readline'

const MANDATE_MINUTES = 15

/**
 * Prints lines now, and again whenever Enter is pressed.
 *
 * @param {import('../lab/issuer.mjs').RunningIssuer} issuer
 * @param {(sid: string) => Promise<void>} printLines is given the session that the mandates are to have
 */
export async function offerCurlLines(issuer, printLines) {
  const print = async () => {
    // A session of its own for every printing: what was revoked with the last lines stays revoked.
    await printLines(`record-${crypto.randomUUID()}`)
    console.log(`\nThe mandates live ${MANDATE_MINUTES} minutes. Enter prints fresh ones, "rotate" and Enter`)
    console.log('does so under a new key, Ctrl-C ends it. Changes to an example Worker are picked up.')
  }
  await print()
  createInterface({ input: process.stdin }).on('line', async (line) => {
    if (line.trim() === 'rotate') await issuer.rotate()
    await print()
  })
}

/**
 * What every example answers in this way.
 *
 * @param {object} options
 * @param {import('../lab/issuer.mjs').RunningIssuer} options.issuer
 * @param {string} options.url where the example listens
 * @param {string} options.invoices a path for which `billing:read` is enough
 * @param {string} options.sid the session of the mandates
 */
export async function printCurlLines({ issuer, url, invoices, sid }) {
  const reader = await issuer.mint({ scopes: ['billing:read'], claims: { sid } })
  const payer = await issuer.mint({ scopes: ['billing:payout'], claims: { sid } })
  const undelegated = await issuer.mint({ scopes: ['billing:payout'], hops: 0, claims: { sid } })

  printLine('admitted: 200', url + invoices, reader)
  printLine('no token: 401', url + invoices)
  printLine('without the scope of the route: 403', `-X POST ${url}/payouts`, reader)
  printLine('without delegation: 403', `-X POST ${url}/payouts`, undelegated)
  printLine('a payout: 200', `-X POST ${url}/payouts`, payer)
}

/**
 * What only `examples/worker.ts` answers.
 *
 * @param {{ issuer: import('../lab/issuer.mjs').RunningIssuer, url: string, sid: string }} options
 */
export async function printWorkerLines({ issuer, url, sid }) {
  const operator = await issuer.mint({ scopes: ['sessions:revoke'] })
  const body = JSON.stringify({ session_id: sid })

  printLine('open to everyone: 200', `${url}/healthz`)
  printLine(
    'revoke the session, then try the first line again: 401',
    `${url}/sessions/revoke --json '${body}'`,
    operator,
  )
}

/**
 * @param {string} title
 * @param {string} request
 * @param {string} [mandate]
 */
function printLine(title, request, mandate) {
  const header = mandate === undefined ? '' : ` -H 'Authorization: Bearer ${mandate}'`
  console.log(`\n# ${title}\ncurl -i ${request}${header}`)
}
