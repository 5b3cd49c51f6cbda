// Asks everything in turn, and tells what was found.

import type { StreamNames } from '../commands/stream-options.ts'
import { namedDatabase } from '../database.ts'
import { Failure, kindOf } from '../failures.ts'
import { oneLine, paint, print, printJson } from '../output.ts'
import { checkEnvironment } from './environment.ts'
import { bad, type Finding } from './finding.ts'
import { checkIssuer } from './issuer.ts'
import { checkStore } from './store.ts'
import { checkStreams } from './streams.ts'

export interface DoctorOptions extends StreamNames {
  readonly write?: true
  readonly json?: true
}

export async function doctor(options: DoctorOptions): Promise<void> {
  const findings: Finding[] = []
  const report = (found: readonly Finding[]) => {
    findings.push(...found)
    if (!options.json) for (const finding of found) tell(finding)
  }
  const environment = checkEnvironment()
  const isNamedWell = !environment.some(({ check, state }) => check === 'redis' && state === 'bad')
  const database = isNamedWell ? namedDatabase() : undefined
  // A prefix that cannot be one is wrong usage, before anything is told.
  database?.storeWith(options.keyPrefix)
  report(environment)
  report(await unlessBroken('issuer', checkIssuer))
  if (database !== undefined) {
    let answers = false
    report(
      await unlessBroken('redis', async () => {
        const store = await checkStore(database, options)
        answers = store.answers
        return store.found
      }),
    )
    if (answers) report(await unlessBroken('stream', () => checkStreams(database, options)))
  }
  const bad = findings.filter(({ state }) => state === 'bad').length
  if (options.json) printJson({ ok: bad === 0, findings })
  if (bad > 0) throw new Failure(bad === 1 ? 'one thing is wrong' : `${bad} things are wrong`)
}

/** What breaks here takes nothing with it that was found. The message of an error may quote what must not be printed. */
async function unlessBroken(
  check: Finding['check'],
  work: () => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  try {
    return await work()
  } catch (error) {
    const advice = 'Please report it: this is a mistake in caracal-edge.'
    return [bad(check, `an unexpected ${kindOf(error)} ended this check`, advice)]
  }
}

const MARKS = { good: paint('green', '✓'), note: paint('yellow', '!'), bad: paint('red', '✗') }

function tell({ state, check, text, advice }: Finding): void {
  // A variable may have a line break, behind which it could say anything.
  print(`${MARKS[state]} ${check}: ${oneLine(text, 4_000)}`)
  if (advice !== undefined) print(`    ${advice}`)
}
