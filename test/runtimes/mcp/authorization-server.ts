// An issuer with a token endpoint (RFC 6749 §4.4), as clients find it by the metadata of a resource.

import { text } from 'node:stream/consumers'
import type { MandateDepartures } from 'caracal-edge/testing'
import { startIssuer } from '../../../lab/issuer.mjs'

export type AuthorizationServer = Awaited<ReturnType<typeof startAuthorizationServer>>

/** Every client has the same secret. Its mandates differ from the default as its id says, which is JSON. */
export async function startAuthorizationServer() {
  const asked: URLSearchParams[] = []
  const server = await startIssuer({
    async onRequest({ request, send }) {
      const path = request.url ?? '/'
      if (path === '/.well-known/oauth-authorization-server') {
        await send(
          Response.json({
            issuer: server.url,
            authorization_endpoint: `${server.url}/authorize`,
            token_endpoint: `${server.url}/token`,
            response_types_supported: ['code'],
            grant_types_supported: ['client_credentials'],
            token_endpoint_auth_methods_supported: ['client_secret_basic'],
            code_challenge_methods_supported: ['S256'],
          }),
        )
        return true
      }
      if (path !== '/token') return false
      const form = new URLSearchParams(await text(request))
      asked.push(form)
      const scopes = (form.get('scope') ?? 'read').split(' ')
      const access_token = await server.mint({ ...departuresIn(request.headers.authorization), scopes })
      await send(Response.json({ access_token, token_type: 'Bearer', scope: scopes.join(' ') }))
      return true
    },
  })
  return {
    ...server,
    /** What was asked of the token endpoint since the last call. */
    asked: () => asked.splice(0),
  }
}

function departuresIn(authorization = ''): MandateDepartures {
  const [id = ''] = Buffer.from(authorization.replace('Basic ', ''), 'base64').toString().split(':', 1)
  return JSON.parse(decodeURIComponent(id)) as MandateDepartures
}

export const clientIdFor = (departures: MandateDepartures) => encodeURIComponent(JSON.stringify(departures))
