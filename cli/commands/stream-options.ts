// The options of passes over the revocation streams: those of `syncRevocations`, under the same names.

import { type Command, InvalidArgumentError, Option } from 'commander'
import type { PassOptions } from '../database.ts'
import { UsageError } from '../failures.ts'
import { wholeNumber } from '../options.ts'
import { variable } from '../variables.ts'

const LOSSES = ['trimmed', 'unverified', 'restarted'] as const
type Loss = (typeof LOSSES)[number]

export interface StreamNames {
  readonly keyPrefix?: string
  readonly revocationGroup?: string
  readonly delegationGroup?: string
}

export interface StreamOptions extends StreamNames {
  readonly consumer?: string
  readonly unsignedStreams?: 'accept'
  readonly giveUp?: readonly Loss[]
  readonly lossHoldMs?: number
  readonly maxMessages?: number
  readonly maxDurationMs?: number
  readonly timeoutMs?: number
  readonly defaultTtlMs?: number
}

/** The options that name groups and keys, which `doctor` has too. */
export function withStreamNames(command: Command): Command {
  return command
    .option('--key-prefix <prefix>', 'the prefix of the keys in Redis (default: caracal:revoked:sessions:)')
    .option(
      '--revocation-group <name>',
      'the group on the stream of revocations (default: resource-revocation)',
    )
    .option(
      '--delegation-group <name>',
      'the group on the stream of delegations (default: resource-delegation-invalidation)',
    )
}

export function withStreamOptions(command: Command): Command {
  const losses = new Option(
    '--give-up <loss>',
    'ignore a loss, because nothing that matters was lost; repeat it for several',
  )
  return withStreamNames(command)
    .addOption(losses.choices(LOSSES).argParser(oneLoss))
    .option('--consumer <name>', 'the name within the groups (default: caracal-edge)')
    .addOption(
      new Option('--unsigned-streams <accept>', 'apply messages without a check of their signature').choices([
        'accept',
      ]),
    )
    .option(
      '--max-messages <number>',
      'the most that one pass reads of each stream (default: 1000)',
      wholeNumber(1),
    )
    .option(
      '--max-duration-ms <ms>',
      'after this time a pass starts nothing new (default: 20000)',
      wholeNumber(1),
    )
    .option(
      '--loss-hold-ms <ms>',
      'how long a loss keeps passes from being caught up (default: 900000)',
      wholeNumber(5_000),
    )
    .option(
      '--default-ttl-ms <ms>',
      'how long a revocation is remembered (default: 86400000)',
      wholeNumber(1),
    )
    .option('--timeout-ms <ms>', 'the time limit of one command (default: 5000)', wholeNumber(50))
}

/** `choices` alone would keep only the last one. */
function oneLoss(value: string, before: readonly Loss[] = []): readonly Loss[] {
  const loss = LOSSES.find((one) => one === value)
  if (loss === undefined) throw new InvalidArgumentError(`Allowed choices are ${LOSSES.join(', ')}.`)
  return [...before, loss]
}

/** @throws {UsageError} if there is no key to check signatures with */
export function passOptions(options: StreamOptions): PassOptions {
  const {
    consumer,
    unsignedStreams,
    giveUp,
    lossHoldMs,
    maxMessages,
    maxDurationMs,
    timeoutMs,
    defaultTtlMs,
  } = options
  if (unsignedStreams === undefined && variable('STREAMS_HMAC_KEY') === undefined) {
    throw new UsageError(
      "STREAMS_HMAC_KEY is not set: it is the platform's stream key. It is no argument, which other users could see",
    )
  }
  const { keyPrefix, revocationGroup, delegationGroup } = options
  const groups = {
    ...(revocationGroup !== undefined && { revocations: revocationGroup }),
    ...(delegationGroup !== undefined && { delegations: delegationGroup }),
  }
  return {
    ...(keyPrefix !== undefined && { keyPrefix }),
    ...(Object.keys(groups).length > 0 && { groups }),
    ...(consumer !== undefined && { consumer }),
    ...(unsignedStreams !== undefined && { unsignedStreams }),
    ...(giveUp !== undefined && { giveUp }),
    ...(lossHoldMs !== undefined && { lossHoldMs }),
    ...(maxMessages !== undefined && { maxMessages }),
    ...(maxDurationMs !== undefined && { maxDurationMs }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(defaultTtlMs !== undefined && { defaultTtlMs }),
  }
}
