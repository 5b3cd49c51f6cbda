// @ts-check
// Opens an HTTP server on a loopback port, and closes it with every connection it still has.

/**
 * @typedef {object} Loopback
 * @property {number} port
 * @property {string} url
 * @property {() => Promise<void>} close nobody listens any more; connections that clients keep open are cut
 * @property {() => Promise<void>} reopen listens again, on the same port
 */

/**
 * @param {import('node:http').Server} server
 * @param {number} [usual] the port; 0, the default, takes any free one
 * @returns {Promise<Loopback>}
 */
export async function listen(server, usual = 0) {
  /** @param {number} port @returns {Promise<void>} */
  const open = (port) =>
    new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject)
        resolve()
      })
    })
  // One that comes later, such as too many open files, ends nothing.
  server.on('error', () => {})
  await open(usual)
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server has no port.')
  const { port } = address
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        // `close` alone would wait for connections that clients keep open.
        server.closeAllConnections()
      }),
    reopen: () => open(port),
  }
}
