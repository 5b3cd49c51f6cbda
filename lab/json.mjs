// @ts-check
// Parses text that may not be JSON.

/**
 * @param {string} text
 * @returns {unknown} the value, or `undefined` for a text that is not JSON
 */
export function jsonIn(text) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
