// @ts-nocheck
// The subject on Node, behind a bridge from node:http as docs/node.md describes one.

import { createServer } from 'node:http'
import { subject } from './subject.mjs'

const fetch = subject(process.env.TRUSTED)
const origin = 'http://api.test'

const server = createServer(async (req, res) => {
  try {
    if (!req.url.startsWith('/')) throw new TypeError('The target of the request is no path.')
    const request = new Request(origin + req.url, { method: req.method, headers: req.headers })
    const response = await fetch(request)
    res.writeHead(response.status, Object.fromEntries(response.headers)).end()
  } catch {
    // A method that a Request cannot have, for one.
    res.writeHead(400).end()
  }
})
server.listen(0, '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${server.address().port}`))
