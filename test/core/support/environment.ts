// Where the runtime under test has its variables: Node in `process.env`, Deno behind `Deno.env`, workerd in bindings.

import { CaracalConfigError, type CaracalOptions, withCaracal } from 'caracal-edge'
import { vi } from 'vitest'
import { bearer } from './requests.ts'

export type Variables = Readonly<Record<string, string>>

/** A place where a runtime has variables. */
export interface Source {
  readonly name: string
  /** Sets the variables, and returns the platform arguments of a request. */
  provide(variables: Variables): readonly unknown[]
}

const PROCESS: Source = {
  name: 'process.env',
  provide(variables) {
    vi.stubGlobal('process', { env: variables })
    return []
  },
}

const DENO: Source = {
  name: 'Deno.env',
  provide(variables) {
    vi.stubGlobal('process', { env: { CARACAL_AUDIENCE: 'resource://elsewhere', CARACAL_ZONE_ID: 'zone-9' } })
    vi.stubGlobal('Deno', { env: { get: (name: string) => variables[name] } })
    return [{ remoteAddr: { hostname: '127.0.0.1' } }]
  },
}

const BINDINGS: Source = {
  name: 'bindings',
  provide: (variables) => [{ ...variables, KV: { get: () => null } }, { waitUntil: () => undefined }],
}

const isWorkerd = 'WebSocketPair' in globalThis

/** Those that are available in this run. */
export const SOURCES: readonly Source[] = isWorkerd ? [BINDINGS] : [PROCESS, DENO]

/**
 * The result for a mandate with these variables: the status of the answer, or the text of the configuration error,
 * which is thrown if the variables exist before the first request, and logged if they come with it.
 */
export async function attempt(
  source: Source,
  variables: Variables,
  options: Partial<CaracalOptions>,
  token: string,
): Promise<number | string> {
  const log = vi.spyOn(console, 'error').mockReturnValue()
  const request = bearer(token) // before `process` is replaced, because Node loads what it needs for it lazily
  try {
    const platform = source.provide(variables)
    const whole = options as CaracalOptions
    const guarded = withCaracal(() => new Response(), isWorkerd ? () => whole : whole)
    const { status } = await guarded(request, ...(platform as []))
    return status === 500 ? String(log.mock.calls[0]?.[0]) : status
  } catch (error) {
    if (error instanceof CaracalConfigError) return error.message
    throw error
  } finally {
    vi.unstubAllGlobals()
    log.mockRestore()
  }
}
