// Requests in bytes: those that would have guard and handler read different URLs, and odd ones that are honest.

import fc from 'fast-check'
import honest from './honest.json' with { type: 'json' }
import hostile from './hostile.json' with { type: 'json' }

/** A request line and header lines, without their line ends. */
export type Head = readonly string[]

const get = (target: string, host: string, version = '1.1'): Head => [
  `GET ${target} HTTP/${version}`,
  `Host: ${host}`,
]

/** What hosts are made up of at random: the same ones in every run. */
const PIECES = [
  '/',
  '\\',
  '?',
  '#',
  '@',
  ':',
  '[',
  ']',
  '.',
  '..',
  ';',
  '%2f',
  '%',
  ' ',
  '\t',
  'é',
  'x',
  '80',
  'health',
]
const RANDOM_HOSTS = fc.sample(
  fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join('')),
  { seed: 9, numRuns: 300 },
)

export const HOSTILE: readonly Head[] = [
  ...hostile.hosts.flatMap((host) => hostile.targets.map((target) => get(target, host))),
  ...hostile.targetHosts.flatMap((host) => hostile.oddTargets.map((target) => get(target, host))),
  ...RANDOM_HOSTS.map((host, index) =>
    get(hostile.targets[index % hostile.targets.length] ?? '/admin', host),
  ),
  ...hostile.heads.map((head) => head.split('\n')),
]

/** With whose mandate each is answered, and which route it is for. */
export const HONEST = [
  ...honest.hosts.flatMap((host) =>
    honest.targets.map(({ target, by, route }) => ({ head: get(target, host), by, route })),
  ),
  ...honest.targets.map(({ target, by, route }) => ({ head: get(target, 'a.test', '1.0'), by, route })),
  ...honest.oddTargets.map(({ target, by, route }) => ({ head: get(target, 'localhost'), by, route })),
]

/** The request as it goes over the wire. */
export function bytesOf(head: Head, mandate: string | undefined): string {
  const more = ['Connection: close', ...(mandate === undefined ? [] : [`Authorization: Bearer ${mandate}`])]
  return `${[...head, ...more].join('\r\n')}\r\n\r\n`
}
