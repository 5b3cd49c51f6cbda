// What is to be explained: a token, by itself or as a request brings it.

import { type CaracalOptions, createMandateVerifier, type Requirements } from 'caracal-edge'
import { UsageError } from '../failures.ts'
import { withoutHeaderName } from '../input.ts'
import { type Told, told } from './told.ts'

export interface Asked {
  /** Perhaps with `Authorization: Bearer` before it, as it is copied out of a request. */
  readonly text: string
  /** Without it, the token by itself, to which no route applies. */
  readonly path?: string | undefined
  readonly method?: string | undefined
  /** In addition to the options of the guard. */
  readonly requirements?: object | undefined
}

/**
 * @param options and `asked.requirements` may be anything: the guard checks them
 * @throws {UsageError | CaracalConfigError} if there is nothing to explain, or by mistake
 */
export async function explained(options: object, asked: Asked): Promise<Told> {
  const token = withoutHeaderName(asked.text)
  if (token === '') throw new UsageError('there is no mandate to explain')
  const guardOptions = options as CaracalOptions
  const verifier = createMandateVerifier(guardOptions)
  const { path, method, requirements } = asked
  const input = path === undefined ? token : requestWith(token, path, method, guardOptions.credentialHeader)
  if (requirements !== undefined) return told(await verifier.explain(input, requirements as Requirements))
  return told(await (typeof input === 'string' ? verifier.explain(input) : verifier.explain(input)))
}

function requestWith(token: string, path: string, method = 'GET', header?: string): Request {
  if (!path.startsWith('/')) throw new UsageError('a path begins with /')
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new UsageError('no header can hold what stands for the mandate: it has blanks, or other characters')
  }
  const headers: Record<string, string> =
    header === undefined ? { authorization: `Bearer ${token}` } : { [header]: token }
  try {
    return new Request(`http://localhost${path}`, { method, headers })
  } catch {
    throw new UsageError('no request can be made with this path and this method')
  }
}
