// A guarded Worker without Node compatibility, with nothing but bindings to configure it.

import { InMemoryRevocationStore, withCaracal } from 'caracal-edge'

export default {
  fetch: withCaracal(
    (_request, { caracal }) => Response.json({ actor: caracal.sub, process: typeof process }),
    {
      revocations: new InMemoryRevocationStore(),
      keySet: { timeoutMs: 1_500, maxAgeMs: 1_000, cooldownMs: 500 },
    },
  ),
}

declare const process: unknown
