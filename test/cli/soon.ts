// What becomes true soon: on a machine that is busy, a page may need seconds.

import { expect } from 'vitest'

export const soon = <Value>(read: () => Value) => expect.poll(read, { timeout: 15_000 })
