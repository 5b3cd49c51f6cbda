// A WebSocket that is closed when the authority behind it ends.

import type { DenialCode } from '../decision/decision.ts'
import { CaracalConfigError } from '../decision/errors.ts'
import { POLICY_VIOLATION } from '../decision/websocket-close.ts'
import type { Authority } from '../guard/authority.ts'
import { type AuthoritySignalOptions, SIGNAL_OPTIONS } from '../guard/authority-signal.ts'
import { objectWith, reportTo } from '../lib/checks.ts'
import { SOCKET_LOOK_MS } from '../lib/limits.ts'
import { logOnce } from '../lib/log.ts'
import { isObject, memberOf } from '../lib/own-member.ts'
import { readOptions } from '../lib/read-options.ts'
import { kindOf } from '../lib/thrown.ts'
import { unref } from '../lib/unref.ts'
import { checkAuthority, watch } from './watch.ts'

/** What {@link liveSocket} needs of a WebSocket: that of Workers, Deno, Bun or `ws`, or the `WSContext` of Hono. */
export interface ClosableSocket {
  readonly readyState: number
  close(code?: number, reason?: string): void
}

/** The sockets that tell when they open and close. */
interface TellingSocket extends ClosableSocket {
  addEventListener(event: string, listener: () => void): void
  removeEventListener(event: string, listener: () => void): void
}

const checkSocket = objectWith<ClosableSocket>('close', 'pass the server side of the WebSocket')

/** The values of `readyState` that matter here. */
const CONNECTING = 0
const CLOSING = 2

/**
 * Closes a WebSocket when the authority ends: with code 1008, and the code of the denial as reason
 * (`session_revoked`, …). It takes the `WebSocket` of Workers (after `accept()`), Deno and `ws`, the `ServerWebSocket` of
 * Bun, and the `WSContext` of Hono.
 *
 * When the socket closes, nothing is left of the watch. Bun's socket tells nobody that it has closed, so that it is looked
 * at every 5 seconds: call the function that is returned in the `close` handler to give the watch up at once.
 *
 * A message that was under way may still arrive after the end: a handler whose messages change anything should check that
 * `socket.readyState` is 1.
 *
 * **Without `recheckEveryMs`, only the expiry of the mandate closes it.** With it, a revocation does too, within
 * `recheckEveryMs` and `storeTimeoutMs`.
 *
 * @returns gives the watch up, as `until` does: the socket then stays open
 * @throws {CaracalConfigError} naming every mistake in the arguments
 * @example
 * ```ts
 * const { socket, response } = Deno.upgradeWebSocket(request)
 * liveSocket(socket, authority, { recheckEveryMs: 10_000 })
 * ```
 */
export function liveSocket(
  socket: ClosableSocket,
  authority: Authority,
  ...given: readonly [options?: AuthoritySignalOptions]
): () => void {
  const issues: string[] = []
  checkSocket(socket, reportTo(issues, 'the first argument of liveSocket'))
  checkAuthority(authority, reportTo(issues, 'the second argument of liveSocket'))
  // `undefined` is a mistake, such as a misspelt variable.
  const options = readOptions(given.length === 0 ? {} : given[0], SIGNAL_OPTIONS, issues)
  if (issues.length > 0) throw new CaracalConfigError(issues)
  const target = innermost(socket)
  if (isClosed(target)) return () => {}
  return watch(authority, options)(
    ({ denial }) => closeOnceOpen(target, denial.code),
    (giveUp) => onceClosed(target, giveUp),
  )
}

/** Hono's context has no events, and on Bun not the state of now. The socket in it has. */
function innermost(socket: ClosableSocket): ClosableSocket {
  const raw = memberOf(socket, 'raw')
  return isClosable(raw) ? raw : socket
}

function isClosable(value: unknown): value is ClosableSocket {
  return isObject(value) && typeof memberOf(value, 'close') === 'function'
}

function isTelling(socket: ClosableSocket): socket is TellingSocket {
  return ['addEventListener', 'removeEventListener'].every(
    (name) => typeof memberOf(socket, name) === 'function',
  )
}

function isClosed(socket: ClosableSocket): boolean {
  return socket.readyState >= CLOSING
}

/** @returns stops listening */
function onceClosed(socket: ClosableSocket, giveUp: () => void): () => void {
  if (isTelling(socket)) {
    socket.addEventListener('close', giveUp)
    return () => socket.removeEventListener('close', giveUp)
  }
  let timer: ReturnType<typeof setTimeout> | undefined
  const look = () => {
    if (isClosed(socket)) return giveUp()
    timer = setTimeout(look, SOCKET_LOOK_MS)
    unref(timer)
  }
  look()
  return () => clearTimeout(timer)
}

/**
 * Closed before it is open, the close would not reach the client on Deno. What cannot be closed, as before `accept()` on
 * Workers, is tried again and again.
 */
function closeOnceOpen(socket: ClosableSocket, code: DenialCode): void {
  const close = () => {
    if (isClosed(socket)) return
    try {
      socket.close(POLICY_VIOLATION, code)
    } catch (error) {
      const kind = kindOf(error)
      logOnce(
        undefined,
        `liveSocket ${kind}`,
        `a WebSocket whose authority has ended could not be closed: ${kind}`,
      )
      unref(setTimeout(close, SOCKET_LOOK_MS))
    }
  }
  if (socket.readyState === CONNECTING && isTelling(socket)) socket.addEventListener('open', close)
  else close()
}
