// Speaks to a server in bytes, so that nothing tidies a request on its way there.

import { connect } from 'node:net'

const LIMIT_MS = 10_000

/** Sends a request, which has to ask for the end of the connection, and gives the head of the answer. */
export function exchange(port: number, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const socket = connect(port, '127.0.0.1')
    socket.setTimeout(LIMIT_MS, () =>
      socket.destroy(new Error(`The server did not end its answer to ${request}`)),
    )
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.once('error', (error) => {
      // How some servers end a connection on which a bad request came.
      if (!('code' in error) || error.code !== 'ECONNRESET') reject(error)
    })
    socket.once('close', () => {
      const [head = ''] = Buffer.concat(chunks).toString().split('\r\n\r\n', 1)
      resolve(head)
    })
    // Not its end: some servers give up those who have said all.
    socket.write(request)
  })
}

/** Does it with each item, a few at a time, and gives the results in their order. */
export async function forEachOf<Item, Result>(
  items: readonly Item[],
  act: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  let next = 0
  const work = async () => {
    for (let index = next++; index < items.length; index = next++) {
      const item = items[index]
      if (item !== undefined) results[index] = await act(item)
    }
  }
  await Promise.all(Array.from({ length: 16 }, work))
  return results
}
