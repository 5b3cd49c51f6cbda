// What is to be explained: a token, by itself or as a request brings it.

import { type CaracalOptions, createMandateVerifier, type Requirements } from 'caracal-edge'
import { UsageError } from '../failures.ts'
import { type Told, told } from './told.ts'

export interface Asked {
  /** Perhaps with `Authorization: Bearer` before it, as it is copied out of a request. */
  readonly text: string
  /** Without it, the token by itself, to which no route applies. */
  readonly path?: string | undefined
  readonly method?: string | undefined
  /** In addition to the options of the guard. */
  readonly requirements?: Requirements | undefined
}

/** @throws {UsageError | CaracalConfigError} if there is nothing to explain, or by mistake */
export async function explained(options: CaracalOptions, asked: Asked): Promise<Told> {
  const token = asked.text.trim().replace(/^(authorization:\s*)?bearer\s+/i, '')
  if (token === '') throw new UsageError('there is no mandate to explain')
  const { requirements } = asked
  const verifier = createMandateVerifier(options)
  const input = asked.path === undefined ? token : requestWith(token, asked.path, asked.method, options)
  if (requirements !== undefined) return told(await verifier.explain(input, requirements))
  return told(await (typeof input === 'string' ? verifier.explain(input) : verifier.explain(input)))
}

function requestWith(
  token: string,
  path: string,
  method = 'GET',
  { credentialHeader }: CaracalOptions,
): Request {
  if (!path.startsWith('/')) throw new UsageError('a path begins with /')
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new UsageError('no header can hold what stands for the mandate: it has blanks, or other characters')
  }
  const headers: Record<string, string> =
    credentialHeader === undefined ? { authorization: `Bearer ${token}` } : { [credentialHeader]: token }
  try {
    return new Request(`http://localhost${path}`, { method, headers })
  } catch {
    throw new UsageError(`no request can be made with this path and this method`)
  }
}
