// Servers that send what a test says, byte by byte.

import { createServer, type Socket } from 'node:net'

/** Serves with a handler of its own for each connection. */
export async function withSockets<T>(
  serve: (socket: Socket) => void,
  use: (port: number) => Promise<T>,
): Promise<T> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    serve(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  try {
    return await use(address instanceof Object ? address.port : 0)
  } finally {
    server.close()
  }
}

/** What a server answers to whatever it is sent, on and on if that is no end. */
export async function withServer<T>(
  answer: Buffer,
  isEndless: boolean,
  use: (port: number) => Promise<T>,
): Promise<T> {
  const serve = (socket: Socket) => {
    const send = () => {
      while (!socket.destroyed && socket.write(answer) && isEndless);
    }
    socket.once('data', send)
    if (isEndless) socket.on('drain', send)
  }
  return withSockets(serve, use)
}

export const MEBIBYTE = Buffer.alloc(1024 * 1024, 'x')
