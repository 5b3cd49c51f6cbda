#!/usr/bin/env node
// The command line of the package.

import { EXIT } from './failures.ts'
import { sayError } from './output.ts'
import { run, unexpected } from './run.ts'
import { codeAfterOutput, watchOutput } from './unread-output.ts'

watchOutput()

// Node.js would print the source, the stack and the message, which may quote a secret.
process.on('uncaughtException', (error) => {
  sayError(unexpected(error))
  process.exit(EXIT.failed)
})

const code = await run(process.argv.slice(2))

// A client that the module of `explain --config` has made may hold a connection open.
process.stdout.write('', (error) => {
  process.exitCode = codeAfterOutput(code, error)
  process.stderr.write('', () => process.exit())
})
