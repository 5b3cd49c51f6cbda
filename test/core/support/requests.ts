// Requests for a guard: real ones, and objects in place of one whose path no URL parser has changed.

const ORIGIN = 'http://api.test'

export function anonymous(path = '/x', init: RequestInit = {}): Request {
  return new Request(`${ORIGIN}${path}`, init)
}

export function bearer(token: string, path = '/x', init: RequestInit = {}): Request {
  const headers = new Headers(init.headers)
  headers.set('authorization', `Bearer ${token}`)
  return new Request(`${ORIGIN}${path}`, { ...init, headers })
}

/** Has only the URL, method and headers of a request. */
export function rawRequest(path: string, token?: string): Request {
  const headers = new Headers(token === undefined ? {} : { authorization: `Bearer ${token}` })
  return { url: `${ORIGIN}${path}`, method: 'GET', headers } as Request
}
