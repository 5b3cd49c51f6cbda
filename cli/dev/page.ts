// The page of `dev`: three files, none of which holds a script or a style of another.

import { readFileSync } from 'node:fs'

/** Only what is ours is loaded and asked, nobody may frame it, and text never becomes markup or a script. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

// The compiler leaves HTML and CSS where they are, and makes the module from page.ts.
const FILES: { readonly [path: string]: readonly [type: string, place: string] | undefined } = {
  '/': ['text/html; charset=utf-8', '../../../cli/page/index.html'],
  '/page.css': ['text/css; charset=utf-8', '../../../cli/page/page.css'],
  '/page.js': ['text/javascript; charset=utf-8', '../page/page.js'],
}

/** `undefined` if the path is none of the page. */
export function pageAt(path: string): Response | undefined {
  const [type, place] = (Object.hasOwn(FILES, path) && FILES[path]) || []
  if (type === undefined || place === undefined) return undefined
  return new Response(readFileSync(new URL(place, import.meta.url)), {
    headers: {
      'Content-Type': type,
      'Content-Security-Policy': POLICY,
      'Cache-Control': 'no-store',
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Resource-Policy': 'same-origin',
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
      'X-Frame-Options': 'DENY',
    },
  })
}
