// Measures in the runtime that runs this file (Node, Bun or Deno), and prints the rows as JSON.
// @ts-check

import { measure } from './measure.mjs'

console.log(JSON.stringify(await measure()))
