// What the shared suite is told of a runtime, and all that one runtime does unlike another.

import { existsSync } from 'node:fs'

export interface Runtime {
  readonly name: string
  /** Why it cannot be had on this machine. */
  readonly missing: string | undefined
  /** Gives the command line that starts the subject, which prints where it listens; first does what comes before. */
  readonly command: () => Promise<string> | string
  /** What every path of the subject begins with. */
  readonly prefix?: string
  /** A framework that runs modules when it builds cannot have the options as an object. */
  readonly isOptionsFunctionOnly?: true
  /** By which signs the handler knows the arguments that the platform gave it, one list for each. */
  readonly platform: readonly (readonly string[])[]
  /** Odd paths that the runtime answers itself, whoever asks. All others reach the guard. */
  readonly answersItself: Readonly<Record<string, number>>
  /**
   * Odd paths that the runtime leaves as they came, although a URL parser would make others of them. They are held to
   * every rule. No mandate of the subject's meets all of them: one is for a zone whose keys are nowhere.
   */
  readonly heldToEveryRule?: Readonly<Record<string, number>>
  /**
   * Odd paths that the runtime makes other paths of before the guard or anybody else sees them. Neither can know what
   * they were.
   */
  readonly rewrites?: Readonly<Record<string, string>>
  /** Whether the answer to a request can begin before its body has ended. */
  readonly isDuplex: boolean
  /** A body that breaks off, whoever has written it, ends the whole process. */
  readonly diesOfBrokenBodies?: true
  /** It notices that a client has left only when it sends something. */
  readonly missesSilentLeaving?: true
  /** Whether an admitted request can become a WebSocket. */
  readonly opensSockets: boolean
  /** What a client sees of a refused one: closed with a reason, answered in plain HTTP, or cut off by the runtime. */
  readonly refusedSocketIs: 'closed' | 'answered' | 'cut off'
}

/** The reason why a program that npm installs cannot be had, if it is not there. */
export function missingUnless(path: string): string | undefined {
  const isThere = existsSync(new URL(`../../${path}`, import.meta.url))
  return isThere ? undefined : `there is no ${path}, which npm ci installs`
}
