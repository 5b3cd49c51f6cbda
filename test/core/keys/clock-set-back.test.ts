// A clock that is set back must neither make keys last longer nor keep a guard from fetching them.

import { describe, expect, it } from 'vitest'
import { holdClock, later, setBack } from '../support/held-clock.ts'
import { scriptedIssuer, strangersToken, verdict } from '../support/scripted-issuer.ts'

holdClock()

const keySet = { maxAgeMs: 100_000, maxStaleMs: 100_000, cooldownMs: 10_000 }
/** Valid for half a day, so that it outlasts the change of the clock. */
const longLived = (sts: ReturnType<typeof scriptedIssuer>) => {
  const iat = Math.floor(Date.now() / 1000) - 7_200
  return sts.mint({ claims: { iat, exp: iat + 50_400 } })
}

describe('after the clock was set back by an hour', () => {
  it('keys are fetched again, and what was verified with the old ones is verified again', async () => {
    const sts = scriptedIssuer()
    const guard = sts.guard({ keySet })
    const token = await longLived(sts)
    expect(await verdict(guard, token)).toBe('admit')
    await sts.rotate({ retirePrevious: true })
    setBack(3_600_000)
    expect(await verdict(guard, token)).toBe('unknown_key')
    expect(sts.requests).toHaveLength(2)
  })

  it('old keys are not used if they cannot be fetched again', async () => {
    const sts = scriptedIssuer()
    const guard = sts.guard({ keySet })
    const token = await longLived(sts)
    expect(await verdict(guard, token)).toBe('admit')
    sts.fail()
    setBack(3_600_000)
    expect(await verdict(guard, token)).toBe('keys_unavailable')
  })

  it('an outage does not last an hour longer', async () => {
    const sts = scriptedIssuer()
    sts.fail()
    const guard = sts.guard({ keySet })
    const token = await longLived(sts)
    expect(await verdict(guard, token)).toBe('keys_unavailable')
    sts.serve()
    setBack(3_600_000)
    expect(await verdict(guard, token)).toBe('admit')
  })

  it('a new key is found at once', async () => {
    const sts = scriptedIssuer()
    const guard = sts.guard({ keySet })
    await guard.warmup()
    later(1)
    expect(await verdict(guard, strangersToken())).toBe('unknown_key')
    await sts.rotate()
    setBack(3_600_000)
    expect(await verdict(guard, await longLived(sts))).toBe('admit')
  })
})
