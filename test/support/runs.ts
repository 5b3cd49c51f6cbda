// How often a property is tried.

/** What `npm run test:core` sets: an answer within seconds, and every test still tried. */
const isQuick = process.env.MODE === 'quick'

/** @param usual how often it is tried in the whole suite */
export function numRuns(usual: number): { readonly numRuns: number } {
  return { numRuns: isQuick ? Math.ceil(usual / 20) : usual }
}
