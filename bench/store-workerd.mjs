// Measures stores in workerd from outside: it cannot read its own CPU time. Where there is no /proc, nothing is measured.
// @ts-check

import { readFile } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { createTestIssuer } from 'caracal-edge/testing'
import { startPlainWorkerd } from '../lab/plain-workerd.mjs'
import { measureCosts } from './store-costs.mjs'

const LANES = 64
const ROUNDS = 5
const ROUND_MS = 1_500
const TICKS_PER_SECOND = 100

/**
 * @param {import('./store-contenders.mjs').Database} database
 * @param {() => { requests: number, commands: number }} counts
 * @returns {Promise<readonly import('./store.mjs').StoreCosts[] | undefined>}
 */
export async function measureStoresInWorkerd(database, counts) {
  const issuer = createTestIssuer()
  const mandates = await Promise.all(Array.from({ length: 500 }, () => issuer.mint()))
  const worker = await startPlainWorkerd('bench/store-worker.mjs', [], {
    OPTIONS: JSON.stringify({
      database,
      guard: {
        issuer: issuer.issuer,
        expectedZoneId: issuer.zoneId,
        audience: issuer.audience,
        keySet: { jwks: await issuer.jwks() },
      },
    }),
  })
  const agent = new Agent({ keepAlive: true, maxSockets: LANES })
  let next = 0
  /** @param {string} path @returns {Promise<boolean>} */
  const admit = (path) =>
    new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${mandates[next++ % mandates.length]}` }
      request({ agent, port: worker.port, host: '127.0.0.1', path, headers }, (response) => {
        response.resume().once('end', () => resolve(response.statusCode === 200))
      })
        .once('error', reject)
        .end()
    })
  try {
    if ((await cpuSecondsOf(worker.pid)) === undefined) return undefined
    const contenders = ['memory', 'shared', 'apart'].map((id) => ({ id, admit: () => admit(`/${id}`) }))
    const cpuUs = async () => ((await cpuSecondsOf(worker.pid)) ?? 0) * 1_000_000
    return await measureCosts(contenders, {
      ...{ lanes: LANES, rounds: ROUNDS, warmups: 1, roundMs: ROUND_MS },
      ...{ cpuUs, counts },
    })
  } finally {
    agent.destroy()
    await worker.stop()
  }
}

/** @param {number} pid */
async function cpuSecondsOf(pid) {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  // The second field is the name in brackets, which may contain blanks.
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ')
  return fields && (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}
