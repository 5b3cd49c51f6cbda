// A store over TCP is refused where a connection belongs to a single request.

import { CaracalConfigError } from 'caracal-edge'
import { followRevocations, RedisRevocationStore } from 'caracal-edge/redis'
import { expect, it } from 'vitest'

const command = async () => [null]

it('is refused when it is built, with the reason and what to use instead', () => {
  const build = () => new RedisRevocationStore({ command })
  expect(build).toThrow(CaracalConfigError)
  expect(build).toThrow(/does not work on Workers: .* Use UpstashRevocationStore from caracal-edge\/upstash/)
})

it('and so are passes without end', async () => {
  await expect(followRevocations({ command, unsignedStreams: 'accept' })).rejects.toThrow(/cron trigger/)
})
