// @ts-check
// What an agent sees of a guarded MCP server. It has the official client, and knows the URL of the server alone.

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'

/** @typedef {import('../lab/issuer.mjs').RunningIssuer} Issuer */
/** @typedef {import('caracal-edge/testing').MandateDepartures} Departures */

const WHO = { sub: 'user-ada', sid: 'record-ada-1', agent_session_id: 'agent-session-1' }

/** @param {Issuer} issuer @param {string} url */
export async function walkAgent(issuer, url) {
  let total = 0
  let passed = 0
  /** @param {string} what @param {string} answer @param {RegExp} expected */
  const check = (what, answer, expected) => {
    total += 1
    const isExpected = expected.test(answer)
    if (isExpected) passed += 1
    console.log(`\n  ${what}\n  ${isExpected ? '✓' : '✗'} ${answer}`)
    if (!isExpected) console.log(`    but expected ${expected}`)
  }
  /** @param {string} text */
  const say = (text) => console.log(`\n${text}`)

  say('1. An agent that knows the URL alone learns where mandates come from, and calls a tool')
  const reader = await connect(issuer, url, { scopes: ['billing:read'], claims: WHO })
  check('the answer to its first request', reader.learned.join(', '), new RegExp(`^401, ${issuer.url}$`))
  check('tools/list', await reader.tools(), /invoices\.list.*payouts\.create/)
  check('invoices.list', await reader.call('invoices.list'), /^3 open invoices/)

  say('2. Each tool has a rule of its own')
  const pay = { amount: 100 }
  check(
    'payouts.create with billing:read',
    await reader.call('payouts.create', pay),
    /^403 insufficient_scope, needs billing:read billing:payout$/,
  )
  const scopes = ['billing:read', 'billing:payout']
  const direct = await connect(issuer, url, { scopes, hops: 0, claims: WHO })
  check(
    '…with billing:payout, without delegation',
    await direct.call('payouts.create', pay),
    /^403 delegation_required/,
  )
  const far = await connect(issuer, url, { scopes, hops: 3, claims: WHO })
  check('…delegated three times', await far.call('payouts.create', pay), /^403 hop_count_exceeded/)
  const payer = await connect(issuer, url, { scopes, hops: 1, claims: WHO })
  check('…delegated once', await payer.call('payouts.create', pay), /^paid 100$/)
  check(
    '…delegated once, and a large amount',
    await payer.call('payouts.create', { amount: 5_000 }),
    /billing:payout:large/,
  )
  const large = await connect(issuer, url, { scopes: [...scopes, 'billing:payout:large'], claims: WHO })
  check(
    '…with billing:payout:large, which the tool asks for by itself',
    await large.call('payouts.create', { amount: 5_000 }),
    /^paid 5000$/,
  )
  check(
    'invoices.delete, for which there is no rule',
    await payer.call('invoices.delete'),
    /^403 unlisted_tool/,
  )

  say('3. An expired mandate is replaced by the client itself')
  reader.use(await issuer.mint({ scopes: ['billing:read'], claims: WHO, expired: true }))
  check('invoices.list', await reader.call('invoices.list'), /^3 open invoices/)

  say('4. When its session is revoked, the call under way ends, and the next one is refused')
  const operator = await connect(issuer, url, { scopes: ['billing:read', 'sessions:revoke'] })
  const watching = reader.call('invoices.watch', {}, () =>
    operator.call('sessions.revoke', { session_id: WHO.sid }),
  )
  check('invoices.watch, which goes on for a minute', await watching, /session_revoked|has been revoked/)
  check('invoices.list', await reader.call('invoices.list'), /^401 session_revoked/)

  for (const agent of [reader, direct, far, payer, large, operator]) await agent.close()
  return { passed, total }
}

/**
 * An agent whose mandates depart from the default in this way.
 *
 * @param {Issuer} issuer @param {string} url @param {Departures} departures
 */
async function connect(issuer, url, departures) {
  /** @type {string | undefined} */
  let mandate
  /** @type {unknown[]} */
  const learned = []
  /** The last refusal. @type {string} */
  let refusal = ''
  const transport = new StreamableHTTPClientTransport(new URL(url), {
    authProvider: {
      token: async () => mandate,
      async onUnauthorized({ response }) {
        const [, place = ''] =
          /resource_metadata="([^"]+)"/.exec(response.headers.get('www-authenticate') ?? '') ?? []
        const metadata = await (await fetch(place)).json()
        learned.push(response.status, ...metadata.authorization_servers)
        // Here an agent asks the STS for a mandate (RFC 8693).
        mandate = await issuer.mint(departures)
      },
    },
    async fetch(input, init) {
      const response = await fetch(input, init)
      if (response.status >= 400) refusal = await refusalIn(response.clone())
      return response
    },
  })
  const client = new Client({ name: 'agent', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } })
  await client.connect(transport)
  return {
    learned,
    use(/** @type {string} */ other) {
      mandate = other
    },
    async tools() {
      return (await client.listTools()).tools.map(({ name }) => name).join(', ')
    },
    /**
     * The text of the answer, or why there is none.
     *
     * @param {string} name @param {Record<string, unknown>} [args] @param {() => unknown} [onFirst] is called once,
     *   when the tool tells of its progress
     */
    async call(name, args = {}, onFirst) {
      refusal = ''
      let isFirst = true
      const onprogress = () => {
        if (isFirst) onFirst?.()
        isFirst = false
      }
      try {
        const { content } = await client.callTool({ name, arguments: args }, onFirst && { onprogress })
        const [first] = content
        return first?.type === 'text' ? first.text : 'nothing'
      } catch (error) {
        return refusal || String(error instanceof Error ? error.message : error)
      }
    },
    close: () => client.close(),
  }
}

/** @param {Response} response */
async function refusalIn(response) {
  const body = await response.json().catch(() => ({}))
  // A call that was read is answered with a JSON-RPC error.
  const { error, scope } = body.error?.data ?? body
  return `${response.status} ${error}${scope === undefined ? '' : `, needs ${scope}`}`
}
