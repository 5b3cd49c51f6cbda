// @ts-check
// Lines to paste into a shell, with fresh mandates in them.

/**
 * @param {object} options
 * @param {Awaited<ReturnType<typeof import('./local-issuer.mjs').startLocalIssuer>>} options.issuer
 * @param {string} options.workerUrl
 */
export async function printCurlLines({ issuer, workerUrl }) {
  // A session of its own for every printing: what was revoked with the last lines stays revoked.
  const sid = `record-${crypto.randomUUID()}`
  const reader = await issuer.mint({ sid, scopes: ['billing:read'] })
  const payer = await issuer.mint({ sid, scopes: ['billing:payout'] })
  const undelegated = await issuer.mint({ sid, scopes: ['billing:payout'], hops: 0 })
  const operator = await issuer.mint({ scopes: ['sessions:revoke'] })

  /**
   * @param {string} title
   * @param {string} path
   * @param {string} [mandate]
   * @param {string} [more]
   */
  const line = (title, path, mandate, more = '') => {
    const header = mandate === undefined ? '' : ` -H 'Authorization: Bearer ${mandate}'`
    console.log(`\n# ${title}\ncurl -i ${workerUrl}${path}${more}${header}`)
  }

  line('admitted: 200', '/invoices', reader)
  line('no token: 401', '/invoices')
  line('open to everyone: 200', '/healthz')
  line('without the scope of the route: 403', '/payouts', reader)
  line('without delegation: 403', '/payouts', undelegated)
  line('a payout: 200', '/payouts', payer)
  line(
    'revoke the session, then try the first line again: 401',
    '/sessions/revoke',
    operator,
    ` --json '${JSON.stringify({ session_id: sid })}'`,
  )
}
