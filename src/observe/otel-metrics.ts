// Counts decisions and how long they take, with few series.

import type { DecisionEvent } from '../decision/events.ts'
import { countedBy, inSeconds, timedBy } from './otel-attributes.ts'
import type { OtelCounter, OtelHistogram, OtelMeter } from './otel-shapes.ts'

/**
 * Upper bounds of the buckets, in seconds. A decision takes some microseconds if everything is at hand, a millisecond or
 * more if the store is asked, and seconds if something hangs: a store may take 5 by default.
 */
const BOUNDS = [
  0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
]

export interface Instruments {
  count(event: DecisionEvent): void
  time(event: DecisionEvent): void
}

export function instrumentsOf(meter: OtelMeter): Instruments {
  const counter: OtelCounter = meter.createCounter('caracal.decisions', {
    description: 'Decisions of the guard.',
    unit: '{decision}',
  })
  const histogram: OtelHistogram = meter.createHistogram('caracal.decision.duration', {
    description: 'How long the guard took to decide.',
    unit: 's',
    advice: { explicitBucketBoundaries: [...BOUNDS] },
  })
  return {
    count: (event) => counter.add(1, countedBy(event)),
    time(event) {
      const duration = inSeconds(event.durationMs)
      // Nothing was decided about an excluded path.
      if (event.outcome !== 'skip' && duration !== undefined) histogram.record(duration, timedBy(event))
    },
  }
}
