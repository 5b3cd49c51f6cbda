#!/usr/bin/env node
// The command line of the package.

import { run } from './run.ts'

// Whoever reads no more (`| head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))

process.exitCode = await run(process.argv.slice(2))
