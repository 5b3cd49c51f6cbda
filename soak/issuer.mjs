// @ts-check
// The issuer under load: it rotates its keys, suffers faults, and remembers which keys it handed out when.

import { startIssuer as startLoopbackIssuer } from '../lab/issuer.mjs'
import { Faults } from './faults.mjs'
import { AUDIENCE, ZONE_ID } from './settings.mjs'

/**
 * A fetch of the key set. `kids` is what a whole answer said.
 *
 * @typedef {{ at: number, until: number, kids: readonly string[] | undefined }} KeyFetch
 * @typedef {{ readonly from: number, to: number }} Publication
 */

export async function startIssuer() {
  /** @type {KeyFetch[]} */
  const fetches = []
  /** By key id. @type {Map<string, Publication>} */
  const publications = new Map()

  const issuer = await startLoopbackIssuer({
    zoneId: ZONE_ID,
    audience: AUDIENCE,
    async onRequest({ request, response, run, send }) {
      /** @type {KeyFetch} */
      const fetch = { at: Date.now(), until: Number.POSITIVE_INFINITY, kids: undefined }
      fetches.push(fetch)
      const answer = await run()
      /** @type {import('jose').JSONWebKeySet} */
      const { keys } = await answer.clone().json()
      let isWhole = false
      response.once('close', () => {
        fetch.until = Date.now()
        if (isWhole && response.writableFinished) fetch.kids = keys.map(({ kid }) => String(kid))
      })
      if (await faults.meet({ request, response })) return true
      isWhole = true
      await send(answer)
      return true
    },
  })
  const faults = new Faults({ down: { off: issuer.close, on: issuer.reopen } })

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

  return {
    url: issuer.url,
    faults,
    fetches,
    publications,
    mint: issuer.mint,

    /** @param {{ retirePrevious: boolean }} options */
    async rotate(options) {
      await issuer.rotate(options)
      await notePublications()
    },

    close: issuer.close,
  }
}
