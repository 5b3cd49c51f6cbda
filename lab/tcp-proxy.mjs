// @ts-check
// A TCP connection to a Redis that fails as the test says.

import { connect, createServer } from 'node:net'

/** @typedef {'forward' | 'hang' | 'reset' | 'loading'} ProxyMode */

const LOADING = '-LOADING Redis is loading the dataset in memory\r\n'

/** @param {number} targetPort */
export async function startTcpProxy(targetPort) {
  /** @type {ProxyMode} */
  let mode = 'forward'
  let target = targetPort
  /** @type {Set<import('node:net').Socket>} */
  const sockets = new Set()
  const server = createServer((client) => {
    client.on('error', () => {})
    if (mode === 'reset') {
      client.resetAndDestroy()
      return
    }
    const redis = connect(target, '127.0.0.1')
    redis.on('error', () => client.resetAndDestroy())
    for (const [from, to] of [
      [client, redis],
      [redis, client],
    ]) {
      sockets.add(/** @type {import('node:net').Socket} */ (from))
      from?.on('close', () => {
        sockets.delete(from)
        to?.destroy()
      })
    }
    client.on('data', (bytes) => {
      // What is asked on connecting is still answered.
      if (mode === 'loading' && /MGET|EVAL/.test(String(bytes))) client.write(LOADING)
      else if (mode !== 'hang') redis.write(bytes)
    })
    redis.on('data', (bytes) => {
      if (mode !== 'hang') client.write(bytes)
    })
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The proxy has no port.')
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy()
  }
  return {
    port: address.port,
    /** @param {ProxyMode} next */
    set mode(next) {
      mode = next
      if (mode === 'reset') cut()
    },
    /** @param {number} port */
    moveTo(port) {
      target = port
      cut()
    },
    cut,
    async close() {
      cut()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
