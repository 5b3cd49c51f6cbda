// Sends one request through a guard and returns everything that happened.

import { type CaracalOptions, type DecisionEvent, withCaracal } from 'caracal-edge'

export interface Outcome {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** How often the handler ran. */
  readonly handled: number
  readonly events: readonly DecisionEvent[]
}

export async function runGuard(options: CaracalOptions, request: Request): Promise<Outcome> {
  const events: DecisionEvent[] = []
  let handled = 0
  const guarded = withCaracal(
    () => {
      handled += 1
      return new Response('handled')
    },
    { ...options, onDecision: (event) => events.push(event) },
  )
  const response = await guarded(request)
  return { status: response.status, headers: response.headers, text: await response.text(), handled, events }
}

/** The one event of a request. */
export async function onlyEvent(options: CaracalOptions, request: Request): Promise<DecisionEvent> {
  const { events } = await runGuard(options, request)
  const [event, ...others] = events
  if (event === undefined || others.length > 0) throw new Error('One request is one event.')
  return event
}

/** The code in a refusal's body, or `undefined` for any other answer. */
export function codeOf({ text }: Outcome): unknown {
  return text.startsWith('{') ? (JSON.parse(text) as { error?: unknown }).error : undefined
}
