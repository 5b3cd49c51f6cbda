// Runs a command line, and gives its exit code. A failure is said in words, without a stack or a secret.

import { Command, CommanderError } from 'commander'
import { addDev } from './commands/dev.ts'
import { addDoctor } from './commands/doctor.ts'
import { addExplain } from './commands/explain.ts'
import { addMint } from './commands/mint.ts'
import { addEpoch, addRevoke, addRotate } from './commands/revoke.ts'
import { addSync } from './commands/sync.ts'
import { EXIT, Failure, kindOf, UsageError } from './failures.ts'
import { sayError } from './output.ts'
import { VERSION } from './version.ts'

const AFTER_HELP = `
Variables: CARACAL_STS_URL, CARACAL_ZONE_ID, CARACAL_AUDIENCE, STREAMS_HMAC_KEY, and for the Redis
UPSTASH_REDIS_REST_URL with UPSTASH_REDIS_REST_TOKEN, or REDIS_URL. No option takes a secret.

Exit codes: 0 done, 1 it failed or found a fault, 2 wrong usage or configuration.

Try:
  caracal-edge dev
  curl -H "Authorization: Bearer $(caracal-edge mint)" http://localhost:3000/
  caracal-edge mint | caracal-edge explain - --scope billing:read`

function program(): Command {
  const root = new Command('caracal-edge')
    .description('A workshop for services that caracal-edge guards.')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .showHelpAfterError('Run it with --help to see what there is.')
    .addHelpText('after', AFTER_HELP)
    .exitOverride()
    .configureOutput({
      outputError: (text) => sayError(hinted(withoutArguments(text.replace(/^error: /, '').trimEnd()))),
    })
  for (const add of [addDev, addMint, addExplain, addRevoke, addEpoch, addRotate, addSync, addDoctor])
    add(root)
  return root
}

/** Commander quotes arguments. One that is in the wrong place may be a secret: only what can be a name is told. */
function withoutArguments(text: string): string {
  return text
    .replace(
      /^(option '[^']*') argument '.*' is invalid\./s,
      (_, option: string) => `${option} does not take this value.`,
    )
    .replace(
      /^command-argument value '.*' is invalid for argument ('[^']*')\./s,
      (_, argument: string) => `the argument ${argument} is wrong.`,
    )
    .replace(
      /^unknown option '(.*)'/s,
      (_, given: string) => `unknown option${quotedName(OPTION_NAME, given)}`,
    )
    .replace(/^unknown command '(.*)'(.*)$/s, (_, given: string, meant: string) =>
      meant === '' ? 'unknown command' : `unknown command${quotedName(COMMAND_NAME, given)}${meant}`,
    )
}

/** What is behind `=` is its value, and so may be what is behind a single letter. */
const OPTION_NAME = /^(?:--[a-z][a-z-]{0,30}|-[a-z])(?==|$)/

/** Only one that is almost one of ours is told. */
const COMMAND_NAME = /^[a-z]{1,12}$/

function quotedName(name: RegExp, given: string): string {
  const [found] = name.exec(given) ?? []
  return found === undefined ? '' : ` '${found}'`
}

/** What commander cannot know about usual mistakes. */
const HINTS = [
  [/^unknown option '--(json|vars)'/, 'Options come after the command, as in: caracal-edge doctor --json.'],
  [
    /^too many arguments for 'explain'/,
    'Pass the mandate on standard input with -, or put what begins with Bearer in quotes.',
  ],
] as const

function hinted(text: string): string {
  const [, hint] = HINTS.find(([pattern]) => pattern.test(text)) ?? []
  return hint === undefined ? text : `${text}\n${hint}`
}

export async function run(args: readonly string[]): Promise<number> {
  try {
    await program().parseAsync([...args], { from: 'user' })
    return EXIT.done
  } catch (error) {
    // Commander has said it.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage
    if (error instanceof Failure) {
      sayError(error.message)
      return EXIT.failed
    }
    const mistakes = error instanceof UsageError ? [error.message] : await configIssues(error)
    if (mistakes !== undefined) {
      for (const mistake of mistakes) sayError(mistake)
      return EXIT.usage
    }
    // A message of anything else may quote what must not be printed.
    sayError(unexpected(error))
    return EXIT.failed
  }
}

/** What is wrong with a configuration: it names options and variables and never quotes them. */
async function configIssues(error: unknown): Promise<readonly string[] | undefined> {
  // Most commands end without a guard, whose code need not be loaded.
  const { CaracalConfigError } = await import('caracal-edge')
  return error instanceof CaracalConfigError ? error.issues : undefined
}

export function unexpected(error: unknown): string {
  return `an unexpected ${kindOf(error)} ended the command. Please report it, with the command that you ran`
}
