// A Worker that starts a new isolate for every path, from the program that the path begins with.
// @ts-check

/**
 * The part of Workers' loader that is used here.
 *
 * @typedef {object} Loader
 * @property {(name: string, code: () => object) => { getEntrypoint(): { fetch: typeof fetch } }} get
 */

export default {
  /**
   * @param {Request} request
   * @param {{ readonly LOADER: Loader, readonly [program: string]: unknown }} env
   */
  fetch(request, env) {
    const { pathname } = new URL(request.url)
    const [, program = ''] = pathname.split('/')
    const isolate = env.LOADER.get(pathname, () => ({
      compatibilityDate: '2026-07-01',
      mainModule: 'worker.js',
      modules: { 'worker.js': env[program] },
    }))
    return isolate.getEntrypoint().fetch(request)
  },
}
