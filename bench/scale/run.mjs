// The whole simulation, from the published results to what is printed and drawn.
// @ts-check

import { machineLine } from '../machine.mjs'
import { costsFrom } from './costs.mjs'
import { drawScale } from './plot.mjs'
import { tablesOf } from './report.mjs'
import { simulateRemembering, simulateSharing, simulateVolumes } from './scenarios.mjs'

/** @param {import('../results.mjs').Results} published */
export function runScale(published) {
  const costs = costsFrom(published)
  const machine = published.stores ? machineLine(published.stores.machine) : ''
  const simulated = {
    volumes: simulateVolumes(costs),
    sharing: simulateSharing(),
    remembering: simulateRemembering(),
  }
  return {
    simulated,
    tables: tablesOf(costs, machine, simulated),
    plot: drawScale(simulated.volumes, machine),
  }
}
