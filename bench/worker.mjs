// Measures in workerd, where that has to happen within a request.
// @ts-check

import { measure } from './measure.mjs'

export default {
  async fetch() {
    return Response.json(await measure())
  },
}
