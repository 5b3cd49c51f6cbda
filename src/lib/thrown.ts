// Inspects thrown values without ever throwing: anything can be thrown, even an object whose getters throw.

import { MAX_LOGGED_ERRORS, MAX_QUOTED_LENGTH } from './limits.ts'
import { memberOf, ownMember } from './own-member.ts'

/** The name of an error, which is safe to log. Its message is not: it may quote anything. */
export function kindOf(thrown: unknown): string {
  try {
    if (!(thrown instanceof Error)) return typeof thrown
    const name: unknown = thrown.name
    return typeof name === 'string' ? word(name) || 'Error' : 'Error'
  } catch {
    return 'object'
  }
}

/** The name and the code (`ECONNREFUSED`) of an error and its causes, without their messages. */
export function namesOf(thrown: unknown): string {
  return chainOf(thrown)
    .map(({ kind, code }) => (code === '' ? kind : `${kind} ${code}`))
    .join(', caused by ')
}

/**
 * Names, codes and messages of an error and its causes, on one line and bounded. Of URLs only the host is left.
 * @param secrets what must not be quoted: a message in which one occurs, escaped or not, is left out
 */
export function wordsOf(thrown: unknown, secrets: readonly string[] = []): string {
  return chainOf(thrown)
    .map(({ kind, code, message }) => {
      const isQuotable =
        message !== '' && !secrets.some((secret) => unescaped(message).includes(unescaped(secret)))
      const name = code === '' || (isQuotable && message.includes(code)) ? kind : `${kind} ${code}`
      return isQuotable ? `${name} "${quotable(message)}"` : name
    })
    .join(', caused by ')
}

/** The same for a text and for the text in JSON, however often it was quoted. */
function unescaped(text: string): string {
  return text.replaceAll('\\', '')
}

/** `instanceof` for a thrown value. */
export function isThrown<T>(thrown: unknown, kind: abstract new (...given: never) => T): thrown is T {
  try {
    return thrown instanceof kind
  } catch {
    return false
  }
}

interface Link {
  readonly kind: string
  readonly code: string
  readonly message: string
}

function chainOf(thrown: unknown): readonly Link[] {
  const links: Link[] = []
  let at: unknown = thrown
  for (let left = MAX_LOGGED_ERRORS; left > 0 && (links.length === 0 || isThrown(at, Error)); left--) {
    const [code, message] = [memberOf(at, 'code'), memberOf(at, 'message')]
    links.push({
      kind: kindOf(at),
      code: typeof code === 'string' || typeof code === 'number' ? word(String(code)) : '',
      message: typeof message === 'string' ? message : '',
    })
    at = memberOf(at, 'cause')
  }
  return links
}

/** Letters, digits and a few signs: nothing that could end a line of the log or format it. */
function word(text: string): string {
  return text.slice(0, 60).replaceAll(/[^\w.$-]/g, '')
}

function quotable(message: string): string {
  const hosts = message
    .slice(0, 2_000)
    .replaceAll(/\b(\w+:\/\/)(?:[^\s/?#"')@]*@)?([^\s/?#"')]*)[^\s"')]*/g, '$1$2')
  return hosts.replaceAll(/[^\x20-\x7e]+/g, ' ').slice(0, MAX_QUOTED_LENGTH)
}

/**
 * Whether a framework has thrown this to end a handler, and must get it back. Next.js does so at the first look at a
 * request while it prerenders; its errors have a `digest`, or this `code` if the route may not depend on requests.
 */
export function isInterruption(thrown: unknown): boolean {
  if (!isThrown(thrown, Error)) return false
  try {
    return (
      typeof ownMember(thrown, 'digest') === 'string' ||
      ownMember(thrown, 'code') === 'NEXT_STATIC_GEN_BAILOUT'
    )
  } catch {
    return false
  }
}
