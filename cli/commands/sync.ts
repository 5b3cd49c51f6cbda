// `sync`: passes over the revocation streams, and what they could not apply.

import type { SyncReport } from 'caracal-edge/upstash'
import type { Command } from 'commander'
import { Failure, UsageError } from '../failures.ts'
import { adviceFor } from '../fault-advice.ts'
import { type Ending, startStay } from '../lifetime.ts'
import { wholeNumber, withCommonOptions } from '../options.ts'
import { oneLine, paint, print, printJson, say } from '../output.ts'
import { redisFault } from '../redis-fault.ts'
import { deadLetters } from '../streams.ts'
import { passOptions, type StreamOptions, withStreamOptions } from './stream-options.ts'

interface SyncOptions extends StreamOptions {
  readonly follow?: true
  readonly deadLetters?: number | true
  readonly json?: true
  readonly vars?: string
}

const DETAILS = `
It ends with 0 if everything in the streams is applied and no loss is held, else with 1.
The first pass of a deployment reports a loss, since nobody knows what was announced before it:
  caracal-edge sync --give-up restarted`

export function addSync(root: Command): void {
  withStreamOptions(withCommonOptions(root.command('sync')))
    .description('apply the messages in the revocation streams to the keys that guards look up')
    .option('--follow', 'one pass after the other, until it is ended')
    .option(
      '--dead-letters [number]',
      'make no pass, and list what passes could not apply, the newest first (default: 20)',
      wholeNumber(1, 10_000),
    )
    .addHelpText('after', DETAILS)
    .action(sync)
}

async function sync(options: SyncOptions): Promise<void> {
  if (options.deadLetters !== undefined) {
    const { deadLetters: count, json, vars: _vars, ...others } = options
    const [other] = Object.keys(others)
    if (other !== undefined)
      throw new UsageError(
        `--dead-letters makes no pass, so that ${flagOf(other)} would have no effect: leave it out`,
      )
    return list(count === true ? 20 : count, json)
  }
  if (options.follow && options.giveUp) {
    throw new UsageError(
      '--give-up is for a single pass: with --follow, losses that are still to come would be ignored too',
    )
  }
  const { databaseInEnvironment } = await import('../database.ts')
  const database = databaseInEnvironment()
  const pass = passOptions(options)
  if (!options.follow) {
    const report = await database.sync(pass)
    tell(report, options.json)
    if (!report.caughtUp) throw new Failure(`the streams of ${database.host} are not caught up`)
    return
  }
  const stay = startStay({ needsReader: true })
  const stop = new AbortController()
  const told = stay.ended.then((ending) => {
    stop.abort()
    if (ending !== 'itself') say(`no more passes are made: ${ENDINGS[ending]}`)
  })
  let before = ''
  const onPass = (report: SyncReport) => {
    const now = `${report.caughtUp} ${report.fault}`
    if (options.json || now !== before || report.applied + report.deadLettered > 0) tell(report, options.json)
    before = now
  }
  await database.follow({ ...pass, signal: stop.signal, onPass }).finally(stay.end)
  await told
}

const flagOf = (name: string) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`

const BY_SIGNAL = 'it was told to end'

const ENDINGS: { readonly [ending in Exclude<Ending, 'itself'>]: string } = {
  SIGINT: `${BY_SIGNAL} (SIGINT)`,
  SIGTERM: `${BY_SIGNAL} (SIGTERM)`,
  SIGHUP: `${BY_SIGNAL} (SIGHUP)`,
  input: 'what started it has closed its input. With < /dev/null it needs none',
  output: 'its output can no longer be written. With > /dev/null it needs no reader',
  starter: 'npm or npx, which started it, has ended',
}

function tell(report: SyncReport, json: true | undefined): void {
  // JSON has no undefined: `fault` is always there.
  if (json) {
    printJson({ ...report, fault: report.fault ?? null })
    return
  }
  const { applied, deadLettered, pending, caughtUp, fault, olderKeyUsed } = report
  const counts = `${applied} applied, ${deadLettered} dead-lettered, ${pending} pending`
  print(`${caughtUp ? paint('green', 'caught up') : paint('yellow', 'not caught up')}: ${counts}`)
  const more = fault === 'timeout' ? ', or raise --timeout-ms' : ''
  if (fault !== undefined) print(`  ${fault}: ${adviceFor(fault)}${more}`)
  else if (!caughtUp) print('  there is more to do, or a message is with another consumer: run it again')
  if (olderKeyUsed) print('  a message was signed with the older of the two stream keys: it is still in use')
  if (deadLettered > 0) print('  caracal-edge sync --dead-letters lists what was not applied')
}

async function list(count: number, json: true | undefined): Promise<void> {
  const { databaseInEnvironment } = await import('../database.ts')
  const { host, command } = databaseInEnvironment()
  const letters = await deadLetters(command, count).catch((error: unknown) => {
    const { text, advice } = redisFault(error)
    throw new Failure(`the dead letters of ${host} cannot be read: ${text}. ${advice}`)
  })
  if (json) {
    for (const letter of letters) printJson(letter)
    return
  }
  if (letters.length === 0) print(`there are no dead letters at ${host}`)
  for (const { stream, at, fields } of letters) {
    print(
      `${at}  ${paint('yellow', oneLine(fields.reason ?? 'no reason'))}  ${stream} ${oneLine(fields.source_id ?? '')}`,
    )
    print(`  ${oneLine(fields.payload ?? '').slice(0, 300)}`)
  }
}
