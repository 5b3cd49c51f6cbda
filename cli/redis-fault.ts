// Why Redis did not do what it was sent, in words that quote nothing of it, and what to do.

import { adviceSentence } from './fault-advice.ts'
import { NoAnswer } from './fetch-json.ts'

/** An error that Redis itself replied. Only its code may be shown: the rest can quote the command. */
export class RedisRefusal extends Error {
  /** `NOPERM`, `WRONGTYPE`, …; empty if the error does not begin with one. */
  readonly code: string
  constructor(text: string) {
    super(text)
    this.code = /^[A-Z][A-Z0-9]{1,19}(?= |$)/.exec(text)?.[0] ?? ''
  }
}

/** Something answered that is no Redis. */
export class NoRedis extends Error {}

export interface RedisFault {
  readonly text: string
  readonly advice: string
  /** Whether the right to ask is missing, so that nothing is known to be wrong. */
  readonly isForbidden: boolean
}

const LATER = 'Redis is busy with itself: try again, and see its log if it stays so.'

const UNKNOWN = 'See what its manual and its log say.'

/** The codes that may be shown. */
const ADVICE: Readonly<Record<string, string>> = {
  ERR: UNKNOWN,
  EXECABORT: UNKNOWN,
  NOREPLICAS: UNKNOWN,
  CROSSSLOT: UNKNOWN,
  NOPERM:
    'Give the user or the token of this environment the right to this command and key, or use one that has it.',
  NOAUTH: 'Redis wants a password: put user and password into the variable.',
  WRONGPASS: 'Correct the user and the password, or the token.',
  WRONGTYPE:
    'The key has a value of another kind: see which program writes it, and whether this is the right database.',
  READONLY: 'This is a replica: use the address of the Redis that can be written.',
  OOM: 'Its memory is full: give it more, or remove what is not of Caracal.',
  MISCONF: 'It cannot write to its disk: see its log.',
  MOVED: 'This is one node of a cluster: use an address that serves all keys.',
  LOADING: LATER,
  BUSY: LATER,
  TRYAGAIN: LATER,
  MASTERDOWN: LATER,
  CLUSTERDOWN: LATER,
}

/** @param error whatever sending a command rejected with */
export function redisFault(error: unknown): RedisFault {
  if (error instanceof RedisRefusal) {
    const { code } = error
    // What answers may put anything there, such as the password that it was sent.
    const text = Object.hasOwn(ADVICE, code) ? `Redis says ${code}` : 'Redis refuses'
    // A service that does not have the command says ERR.
    const isForbidden = code === 'NOPERM' || /^ERR (unknown|unsupported|command is not)/i.test(error.message)
    return { text, advice: ADVICE[code] ?? UNKNOWN, isForbidden }
  }
  return { ...outage(error), isForbidden: false }
}

function outage(error: unknown): Pick<RedisFault, 'text' | 'advice'> {
  if (error instanceof NoRedis) {
    return { text: 'what answers is no Redis', advice: adviceSentence('malformed') }
  }
  if (!(error instanceof NoAnswer)) {
    return { text: 'the connection failed', advice: adviceSentence('network') }
  }
  switch (error.kind) {
    case 'timeout':
      return { text: `no answer ${error.message}`, advice: adviceSentence('timeout') }
    case 'network':
      return { text: `no connection (${error.message})`, advice: adviceSentence('network') }
    case 'too large':
      return { text: `the answer is ${error.message}`, advice: 'Ask for less, or see what it holds.' }
  }
}
