// Routes and exclusions, and paths that a router behind the guard could read in more than one way.

import { describe, expect, test } from 'vitest'
import cases from '../cases.json' with { type: 'json' }
import type { Deployment } from '../deployment.ts'
import { type Answer, ask } from '../requests.ts'

export function paths(at: Deployment): void {
  describe('paths', () => {
    test.for(cases.routes)('$title', async ({ path, method = 'GET', scopes, status }) => {
      const mandate = scopes === undefined ? undefined : await at.issuer.mint({ scopes })
      expect((await at.ask(path, { mandate, method })).status).toBe(status)
    })

    test('what might be /admin is never answered to a mandate that does not suffice there', async () => {
      const mandate = await at.issuer.mint({ scopes: ['read'] })
      expect(await answered(cases.oddPaths.admin, (path) => at.ask(path, { mandate }))).toEqual(
        at.runtime.rewrites ?? {},
      )
    })

    test('what might not be /public is never answered without a mandate', async () => {
      expect(await answered(cases.oddPaths.public, (path) => at.ask(path))).toEqual({})
    })

    test('those that reach the guard are answered to a mandate that suffices for every reading', async () => {
      const mandate = await at.issuer.mint({ scopes: ['read', 'admin'] })
      const odd = [...cases.oddPaths.admin, ...cases.oddPaths.public]
      const refused: Record<string, number> = {}
      for (const path of odd) {
        const { status, isFromHandler } = await at.ask(path, { mandate })
        if (!isFromHandler) refused[path] = status
      }
      expect(refused).toEqual({ ...at.runtime.answersItself, ...at.runtime.heldToEveryRule })
    })

    test('a request line with a whole URL is held to the path in it', async () => {
      const mandate = await at.issuer.mint({ scopes: ['read'] })
      const inFull = (path: string) => ask(at.origin, `${at.origin}${at.path(path)}`, { mandate })
      expect((await inFull('/admin')).isFromHandler).toBe(false)
      expect((await inFull('/x/../admin')).isFromHandler).toBe(false)
    })
  })
}

/** Those of the paths that the handler answered, and what they had become until they reached it. */
export async function answered(odd: readonly string[], askFor: (path: string) => Promise<Answer>) {
  const byHandler: Record<string, unknown> = {}
  for (const path of odd) {
    const { isFromHandler, json } = await askFor(path)
    if (isFromHandler) byHandler[path] = json.path
  }
  return byHandler
}
