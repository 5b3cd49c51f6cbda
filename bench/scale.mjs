// `npm run bench:scale`: what the guard costs up to ten billion requests a day, simulated with the published costs.
// Prints the tables of docs/scale.md; with --json, all numbers; with --publish, it writes them into the document.
// @ts-check

import { parseArgs } from 'node:util'
import { writeScale } from './publish.mjs'
import { PUBLISHED, readResults } from './results.mjs'
import { runScale } from './scale/run.mjs'

const { values } = parseArgs({ options: { json: { type: 'boolean' }, publish: { type: 'boolean' } } })

const scale = runScale(await readResults(PUBLISHED))
if (values.publish) console.log((await writeScale(scale)).join('\n'))
else if (values.json)
  console.log(JSON.stringify({ ...scale.simulated, tables: scale.tables, plot: scale.plot }))
else console.log(scale.tables.map(([name, text]) => `${name}\n\n${text}\n`).join('\n'))
