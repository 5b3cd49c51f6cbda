// `npm run bench:draw`: draws the published results anew, after a change of the drawing. It measures nothing.
// Another folder than docs/ may be given.
// @ts-check

import { pathToFileURL } from 'node:url'
import { writePlots } from './publish.mjs'
import { PUBLISHED, readResults } from './results.mjs'

const folder = pathToFileURL(`${process.argv[2] ?? 'docs'}/`)
console.log((await writePlots(await readResults(PUBLISHED), folder)).join('\n'))
