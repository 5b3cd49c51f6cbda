// The public surface of `caracal-edge/live`.

export { type LiveResponseOptions, liveResponse } from './live/response.ts'
export { type ClosableSocket, liveSocket } from './live/socket.ts'
