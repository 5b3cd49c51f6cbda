// An issuer over HTTP that does with requests for its keys what the test wants.

import { EventEmitter, once } from 'node:events'
import { startIssuer } from '../../lab/issuer.mjs'

/** Answers as an STS does; keeps everyone waiting; answers 500; or cuts the connection. */
export type IssuerMode = 'serve' | 'hold' | 'fail' | 'cut'

export async function startControlledIssuer() {
  const held: (() => Promise<void>)[] = []
  const arrivals = new EventEmitter()
  let mode: IssuerMode = 'serve'
  const issuer = await startIssuer({
    onRequest({ request, response, run, send }) {
      arrivals.emit('request')
      if (mode === 'hold') held.push(async () => send(await run()))
      else if (mode === 'fail') response.writeHead(500).end()
      else if (mode === 'cut') request.socket.destroy()
      return mode !== 'serve'
    },
  })
  return {
    ...issuer,
    /** What was held is answered, unless it goes on being held. */
    async be(next: IssuerMode) {
      mode = next
      if (next !== 'hold') await Promise.all(held.splice(0).map((answer) => answer()))
    },
    /** What was held is never answered. Later requests are. */
    abandon() {
      held.length = 0
      mode = 'serve'
    },
    async untilAsked(times: number) {
      while (issuer.keySetRequests() < times) await once(arrivals, 'request')
    },
  }
}

export type ControlledIssuer = Awaited<ReturnType<typeof startControlledIssuer>>
