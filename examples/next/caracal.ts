// What the guarded routes share: one definition, to which each route adds what it requires.

// #region program
import { InMemoryRevocationStore, type Requirements } from 'caracal-edge'

// For development. In production it is `UpstashRevocationStore.fromEnv()` from `caracal-edge/upstash`, inside of the
// function below.
const revocations = new InMemoryRevocationStore()

/** A function, since Next.js loads the routes when it builds, where the variables need not be there. */
export const requiring = (requirements: Requirements) => () => ({ revocations, ...requirements })
// #endregion program
