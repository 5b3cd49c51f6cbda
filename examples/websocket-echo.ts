// Echoes what comes over a WebSocket, on Deno. Who may not open one is told why: close code 1008 and the error code.
//
// Needs: CARACAL_STS_URL, CARACAL_ZONE_ID and CARACAL_AUDIENCE, which `npm run issuer` prints.
// Start: `npx deno serve --allow-env --allow-net --port 3000 examples/websocket-echo.ts`
// Try:   `npx wscat -c ws://localhost:3000 -H 'Authorization: Bearer <mandate>'`

import { InMemoryRevocationStore, withCaracal } from 'caracal-edge'

export default {
  fetch: withCaracal(
    (request, { caracal }) => {
      if (request.headers.get('upgrade') !== 'websocket')
        return new Response('A WebSocket, please', { status: 426 })
      const { socket, response } = Deno.upgradeWebSocket(request)
      socket.onmessage = ({ data }) => socket.send(`${caracal.sub}: ${data}`)
      return response
    },
    {
      // For development. In production: `UpstashRevocationStore.fromEnv()` from `caracal-edge/upstash`.
      revocations: new InMemoryRevocationStore(),
      requiredScopes: ['billing:read'],
      // What the guard returns goes back to Deno as it is.
      websocketDenial: 'close',
    },
  ),
}
