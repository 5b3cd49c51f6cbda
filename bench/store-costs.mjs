// What admitting costs with each of several stores: CPU, requests and commands. They are measured in turn.
// @ts-check

import { quantile } from './interleave.mjs'
import { saturate } from './store-load.mjs'

/**
 * @param {readonly { readonly id: string, readonly admit: import('./store-load.mjs').Admit }[]} contenders
 * @param {object} how
 * @param {number} how.lanes how many requests are under way at the same time
 * @param {number} how.rounds
 * @param {number} how.warmups rounds before, which do not count
 * @param {number} how.roundMs
 * @param {() => Promise<number> | number} how.cpuUs the CPU time used so far, in microseconds
 * @param {() => Promise<Counts> | Counts} how.counts what the endpoint has been asked so far
 * @typedef {{ requests: number, commands: number }} Counts
 * @returns {Promise<import('./store.mjs').StoreCosts[]>}
 */
export async function measureCosts(contenders, { lanes, rounds, warmups, roundMs, cpuUs, counts }) {
  const all = contenders.map(({ id, admit }) => ({
    id,
    admit,
    cpuUs: /** @type {number[]} */ ([]),
    perSecond: /** @type {number[]} */ ([]),
    admitted: 0,
    requests: 0,
    commands: 0,
  }))
  for (let round = -warmups; round < rounds; round++) {
    for (const one of all.toSorted(() => Math.random() - 0.5)) {
      const [asked, used] = [await counts(), await cpuUs()]
      const admitted = await saturate(one.admit, lanes, roundMs)
      const spent = (await cpuUs()) - used
      const { requests, commands } = await counts()
      if (round < 0) continue
      one.cpuUs.push(spent / admitted)
      one.perSecond.push((admitted * 1_000) / roundMs)
      one.admitted += admitted
      one.requests += requests - asked.requests
      one.commands += commands - asked.commands
    }
  }
  return all.map(({ id, cpuUs, perSecond, admitted, requests, commands }) => ({
    id,
    cpuUs: quantile(cpuUs, 0.5),
    perSecond: quantile(perSecond, 0.5),
    requests: requests / admitted,
    commands: commands / admitted,
  }))
}
