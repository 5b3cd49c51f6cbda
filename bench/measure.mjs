// Measures everything in the runtime it is called in. The same module runs in each of them.
// @ts-check

import { createContenders } from './contenders.mjs'
import { interleave } from './interleave.mjs'

const SECONDS = 20

export async function measure() {
  const contenders = await createContenders()
  const working = await Promise.all(contenders.map(works))
  return interleave(
    contenders.filter((_, index) => working[index]),
    SECONDS,
  )
}

/** fast-jwt does not verify ES256 in workerd, and is left out there. Whatever else fails ends the benchmark. */
async function works(/** @type {import('./interleave.mjs').Contender} */ { id, prepare, isRight }) {
  try {
    return isRight(await prepare()())
  } catch (error) {
    if (id.startsWith('fastJwt')) return false
    throw error
  }
}
