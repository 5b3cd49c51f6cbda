// @ts-check
// A Worker without a database, so that the key set is all that it fetches.

import { InMemoryRevocationStore, withCaracal } from 'caracal-edge'

/** @typedef {import('caracal-edge').CaracalOptions} Options */

export default {
  fetch: withCaracal(
    (_request, { caracal }) => Response.json(caracal),
    (/** @type {{ OPTIONS: string }} */ env) => {
      /** @type {Omit<Options, 'revocations'>} */
      const options = JSON.parse(env.OPTIONS)
      return { ...options, revocations: new InMemoryRevocationStore() }
    },
  ),
}
