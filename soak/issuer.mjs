// @ts-check
// The issuer under load: it rotates its keys, suffers faults, and remembers which keys it handed out when.

import { createServer } from 'node:http'
import { createTestIssuer } from 'caracal-edge/testing'
import { Faults } from './faults.mjs'
import { AUDIENCE, ZONE_ID } from './settings.mjs'

/**
 * A fetch of the key set. `kids` is what a whole answer said.
 *
 * @typedef {{ at: number, until: number, kids: readonly string[] | undefined }} KeyFetch
 * @typedef {{ readonly from: number, to: number }} Publication
 */

export async function startIssuer() {
  const server = createServer()
  const listen = (/** @type {number} */ port) =>
    new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', () => resolve(undefined))
    })
  /** @returns {Promise<void>} */
  const close = () =>
    new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })

  await listen(0)
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The issuer has no port.')
  const { port } = address
  const url = `http://127.0.0.1:${port}`
  const issuer = createTestIssuer({ issuer: url, zoneId: ZONE_ID, audience: AUDIENCE })
  const faults = new Faults({ down: { off: close, on: async () => void (await listen(port)) } })

  /** @type {KeyFetch[]} */
  const fetches = []
  /** By key id. @type {Map<string, Publication>} */
  const publications = new Map()

  const kidsNow = async () => (await issuer.jwks()).keys.map(({ kid }) => String(kid))
  const notePublications = async () => {
    const kids = await kidsNow()
    const now = Date.now()
    for (const [kid, publication] of publications) {
      if (!kids.includes(kid)) publication.to = Math.min(publication.to, now)
    }
    for (const kid of kids) {
      if (!publications.has(kid)) publications.set(kid, { from: now, to: Number.POSITIVE_INFINITY })
    }
  }
  await notePublications()

  server.on('request', async (request, response) => {
    /** @type {KeyFetch} */
    const fetch = { at: Date.now(), until: Number.POSITIVE_INFINITY, kids: undefined }
    fetches.push(fetch)
    const { keys } = await issuer.jwks()
    response.once('close', () => {
      fetch.until = Date.now()
      if (isWhole && response.writableFinished) fetch.kids = keys.map(({ kid }) => String(kid))
    })
    let isWhole = false
    if (await faults.meet({ request, response })) return
    isWhole = true
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ keys }))
  })

  return {
    url,
    faults,
    fetches,
    publications,
    mint: issuer.mint,

    /** @param {{ retirePrevious: boolean }} options */
    async rotate(options) {
      await issuer.rotate(options)
      await notePublications()
    },

    close,
  }
}
