// @ts-check
// A Worker that shares its keys with other isolates, and has no database, so that the key set is all that it fetches.

import { InMemoryRevocationStore, withCaracal, workersKeySetCache } from 'caracal-edge'

/** @typedef {import('caracal-edge').CaracalOptions} Options */

export default {
  fetch: withCaracal(
    (_request, { caracal }) => Response.json(caracal),
    (/** @type {{ OPTIONS: string }} */ env) => {
      /** @type {Omit<Options, 'revocations'>} */
      const { keySet, ...options } = JSON.parse(env.OPTIONS)
      return {
        ...options,
        keySet: { ...keySet, cache: workersKeySetCache },
        revocations: new InMemoryRevocationStore(),
      }
    },
  ),
}
