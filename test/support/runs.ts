// How often a property is tried.

/** Set by `npm run test:core`: few runs, so that it ends in seconds, but every test is run. */
const isQuick = process.env.MODE === 'quick'

/** @param usual how often it is tried in the whole suite */
export function numRuns(usual: number): { readonly numRuns: number } {
  return { numRuns: isQuick ? Math.ceil(usual / 20) : usual }
}
