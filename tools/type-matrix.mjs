// The packed package under each supported TypeScript and each way of resolving it: `npm run types:matrix`. Needs a build.
// Also `require`, in Node and in TypeScript.

import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installTools, ROOT, TOOLS } from './install.mjs'

installTools()
const { name, exports: entries } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
const specifiers = Object.entries(entries).flatMap(([path, { types }]) =>
  types === undefined ? [] : [path.replace('.', name)],
)

const COMPILERS = [
  join(TOOLS, 'node_modules/typescript-5.4'),
  join(TOOLS, 'node_modules/typescript-5.9'),
  join(TOOLS, 'node_modules/typescript'),
  join(ROOT, 'node_modules/typescript'),
].map((folder) => ({
  version: JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version,
  tsc: join(folder, 'bin/tsc'),
}))

/** Every entry is loaded with its types; a guard is written, whose mistake must be seen: the types are not `any`. */
const MODULE = `
${specifiers.map((specifier, number) => `import * as entry${number} from '${specifier}'`).join('\n')}
import { InMemoryRevocationStore, withCaracal, type Mandate } from '${name}'
export const entries = [${specifiers.map((_, number) => `entry${number}`).join(', ')}]
const revocations = new InMemoryRevocationStore()
export const actor = (mandate: Mandate): string => mandate.sub
export const guarded: (request: Request) => Promise<Response> =
  withCaracal((_request, { caracal }) => new Response(actor(caracal)), { revocations })
// @ts-expect-error
withCaracal(() => new Response(), { revocations, requireAgnet: true })
`
const DYNAMIC = `
export async function load(): Promise<string> {
  const { CaracalConfigError } = await import('${name}')
  // @ts-expect-error
  CaracalConfigError.nothing
  return CaracalConfigError.name
}
`
const REQUIRE = `
import caracal = require('${name}')
export const loaded: string = caracal.CaracalConfigError.name
`

const RESOLUTIONS = [
  { title: 'node16', module: 'node16', moduleResolution: 'node16' },
  { title: 'nodenext', module: 'nodenext', moduleResolution: 'nodenext' },
  { title: 'bundler', module: 'esnext', moduleResolution: 'bundler' },
]

/** TypeScript lets CommonJS require ES modules from 5.8 on, where Node does: under nodenext. */
const mayRequire = (version, title) => title === 'nodenext' && Number.parseFloat(version) >= 5.8

const project = mkdtempSync(join(tmpdir(), 'caracal-edge-types-'))
let failures = 0
const began = Date.now()
try {
  const [{ filename }] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', project], {
      cwd: ROOT,
      encoding: 'utf8',
    }),
  )
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'project', private: true }))
  const install = [
    'install',
    join(project, filename),
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    '--ignore-scripts',
  ]
  execFileSync('npm', [...install, '--omit=peer'], { cwd: project, stdio: ['ignore', 'ignore', 'inherit'] })
  mkdirSync(join(project, 'node_modules/@opentelemetry'), { recursive: true })
  for (const peer of ['hono', '@opentelemetry/api']) {
    symlinkSync(join(ROOT, 'node_modules', peer), join(project, 'node_modules', peer), 'junction')
  }
  writeFileSync(join(project, 'module.mts'), MODULE)
  writeFileSync(join(project, 'dynamic.cts'), DYNAMIC)
  writeFileSync(join(project, 'require.cts'), REQUIRE)

  for (const { version, tsc } of COMPILERS) {
    for (const { title, ...options } of RESOLUTIONS) {
      const files =
        title === 'bundler' ? ['module.mts', 'dynamic.cts'] : ['module.mts', 'dynamic.cts', 'require.cts']
      const refusesRequire = title !== 'bundler' && !mayRequire(version, title)
      const found = compile(tsc, options, files)
      judge(`TypeScript ${version}, ${title}`, found, refusesRequire ? 'require.cts error TS1471' : '')
    }
  }
  const loaded = spawnSync(
    process.execPath,
    ['-e', `console.log(${JSON.stringify(specifiers)}.map((one) => typeof require(one)).join())`],
    { cwd: project, encoding: 'utf8' },
  )
  judge(`Node ${process.version}: require`, loaded.stdout.trim(), specifiers.map(() => 'object').join())
} finally {
  rmSync(project, { recursive: true, force: true })
}
console.log(
  `${failures === 0 ? 'as expected' : `${failures} not as expected`}, ${Math.round((Date.now() - began) / 1000)} s`,
)
process.exitCode = failures === 0 ? 0 : 1

/** The mistakes that the compiler finds, without their texts. */
function compile(tsc, options, files) {
  const compilerOptions = {
    target: 'es2022',
    lib: ['es2022', 'dom', 'dom.iterable'],
    types: [],
    strict: true,
    noEmit: true,
    // The declarations of hono are not ours. What ours import of it is checked by their use.
    skipLibCheck: true,
    ...options,
  }
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }))
  const { stdout } = spawnSync(process.execPath, [tsc, '-p', '.', '--pretty', 'false'], {
    cwd: project,
    encoding: 'utf8',
  })
  return [...stdout.matchAll(/^(\S+?)(?:\(\d+,\d+\))?: (error TS\d+)/gm)]
    .map(([, file, code]) => `${file} ${code}`)
    .join(', ')
}

function judge(title, found, expected) {
  const isRight = found === expected
  if (!isRight) failures++
  console.log(
    `${isRight ? '✓' : '✗'} ${title}: ${found || 'compiles'}${isRight ? '' : ` (expected: ${expected || 'compiles'})`}`,
  )
}
