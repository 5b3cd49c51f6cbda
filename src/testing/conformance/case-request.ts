// The request of a case, created with the runtime's own Request, which can refuse it.

import type { Gen, RequestScript } from './case.ts'
import { filled, type PlaceholderValues } from './placeholders.ts'

export type MadeRequest = { readonly request: Request } | { readonly refused: string }

export function makeRequest(gen: Gen, token: string, values: PlaceholderValues): MadeRequest {
  const script = filled(gen.request, { ...values, token })
  const { origin = 'http://h', path = '/x', method, body } = script
  try {
    const headers = headersOf(script, gen.token === 'none' ? undefined : token)
    const init: RequestInit = { headers }
    if (method !== undefined) init.method = method
    if (body !== undefined) init.body = body
    return { request: new Request(origin + path, init) }
  } catch (error) {
    return { refused: String(error) }
  }
}

function headersOf({ headers = {}, rawHeaders }: RequestScript, token: string | undefined): Headers {
  const made = new Headers()
  if (rawHeaders !== undefined) for (const line of rawHeaders) made.append('authorization', line)
  else if (token !== undefined) made.set('authorization', `Bearer ${token}`)
  for (const [name, value] of Object.entries(headers)) made.set(name, value)
  return made
}
