// What `dev` is made of, each by itself: its port, and the file that `--write` writes.

import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { isUnignored } from '../../cli/dev/git.ts'
import { listenOn } from '../../cli/dev/server.ts'
import { writeVariables } from '../../cli/dev/variables.ts'

const VARIABLES = {
  CARACAL_STS_URL: 'http://127.0.0.1:4000',
  CARACAL_ZONE_ID: 'zone dev',
  CARACAL_AUDIENCE: 'resource://api#1',
  UPSTASH_REDIS_REST_URL: 'http://127.0.0.1:4000/redis',
  UPSTASH_REDIS_REST_TOKEN: 'ab'.repeat(24),
  STREAMS_HMAC_KEY: 'cd'.repeat(32),
}

// The compiled one is a folder deeper.
vi.mock('../../cli/version.ts', () => ({ VERSION: '0.0.0' }))

let place = ''
let file = ''
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'caracal-edge-dev-parts-'))
  file = join(place, '.env')
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(place, { recursive: true })
})

test('who comes before it serves is answered, and other pages are refused as always', async () => {
  const server = await listenOn(0)
  try {
    const url = `http://127.0.0.1:${server.port}`
    const signal = AbortSignal.timeout(3_000)
    for (const path of ['/', '/dev', '/redis', '/.well-known/jwks.json?zone_id=z']) {
      const answer = await fetch(url + path, { signal })
      expect([answer.status, await answer.json()]).toEqual([
        503,
        { error: expect.stringContaining('is starting') },
      ])
    }
    const foreign = await fetch(url, { headers: { origin: 'https://evil.test' }, signal })
    expect(foreign.status).toBe(403)
  } finally {
    await server.close()
  }
})

test('a body that is too large is refused', async () => {
  const server = await listenOn(0)
  try {
    server.serve({ token: 't' } as unknown as Parameters<typeof server.serve>[0])
    const init = { method: 'POST', body: 'x'.repeat(9 * 1024 * 1024), headers: { authorization: 'Bearer t' } }
    const answer = await fetch(`http://127.0.0.1:${server.port}/redis`, init)
    expect(answer.status).toBe(413)
  } finally {
    await server.close()
  }
})

describe('the file of --write', () => {
  test.each([
    ['nothing', ''],
    ['a line without an end', 'MINE=1'],
    ['lines of Windows', 'MINE=1\r\nOTHER="2"\r\n'],
    ['a value of several lines', 'KEY="-----BEGIN\nSTREAMS_HMAC_KEY=not\n-----END"\nMINE=1\n'],
    ['the same in other quotes', "A='x\nCARACAL_ZONE_ID=not\n'\nB=`y\nCARACAL_ZONE_ID=not\n` # and so on\n"],
    ['comments and blanks', '# CARACAL_ZONE_ID=not\n\n  export MINE = 1 # one\n'],
    ['a quote without an end', "MINE='1\nOTHER=it's\n"],
  ])('with %s in it keeps all of that', async (_title, text) => {
    await writeFile(file, text)
    writeVariables(file, VARIABLES, false)
    const written = await readFile(file, 'utf8')
    expect(written.startsWith(text)).toBe(true)
    expect(parseEnv(written)).toEqual({ ...parseEnv(text), ...VARIABLES })
    // Again: nothing is to be done, and a watcher is not woken.
    const before = await stat(file)
    writeVariables(file, VARIABLES, false)
    expect(await stat(file)).toEqual(before)
  })

  test('what is replaced goes as a whole, and all that is between stays', async () => {
    const text = 'A=1\nexport STREAMS_HMAC_KEY = "x\ny"\n# kept\nB="2\n3"\nSTREAMS_HMAC_KEY=z\nC=4'
    await writeFile(file, text)
    expect(() => writeVariables(file, VARIABLES, false)).toThrow(/STREAMS_HMAC_KEY: add --force/)
    expect(await readFile(file, 'utf8')).toBe(text)
    writeVariables(file, VARIABLES, true)
    const written = await readFile(file, 'utf8')
    expect(written.startsWith('A=1\n# kept\nB="2\n3"\nC=4\nCARACAL_STS_URL=')).toBe(true)
    expect(parseEnv(written)).toEqual({ A: '1', B: '2\n3', C: '4', ...VARIABLES })
  })

  test('that would be read differently then is left as it is', async () => {
    // Node takes the line for the beginning of the next name.
    await writeFile(file, 'MINE=1\nno variable\n')
    expect(() => writeVariables(file, VARIABLES, false)).toThrow(/cannot be changed so that every variable/)
    expect(await readFile(file, 'utf8')).toBe('MINE=1\nno variable\n')
  })

  test.each(['a"b', "a'b", 'a`b', 'a$B', 'a\\nb', 'a\nb', 'a\rb'])(
    'takes no value that readers read differently: %j',
    (value) => {
      expect(() => writeVariables(file, { ...VARIABLES, CARACAL_AUDIENCE: value }, true)).toThrow(
        /cannot hold the value of CARACAL_AUDIENCE/,
      )
    },
  )

  test('is for its user alone, also if it was open, and nothing is left beside it', async () => {
    writeVariables(file, VARIABLES, false)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    const open = join(place, 'open')
    await writeFile(open, 'A=1\n')
    await chmod(open, 0o664)
    writeVariables(open, VARIABLES, false)
    expect((await stat(open)).mode & 0o777).toBe(0o600)
    // With everything in it already.
    const before = await readFile(open, 'utf8')
    await chmod(open, 0o644)
    writeVariables(open, VARIABLES, false)
    expect([(await stat(open)).mode & 0o777, await readFile(open, 'utf8')]).toEqual([0o600, before])
    expect((await readdir(place)).sort()).toEqual(['.env', 'open'])
  })

  test('is a text, and no link: what that leads to stays as it is', async () => {
    const other = join(place, 'other')
    await writeFile(other, 'A=1\n')
    await symlink(other, file)
    expect(() => writeVariables(file, VARIABLES, true)).toThrow(/is a symbolic link/)
    expect([(await lstat(file)).isSymbolicLink(), await readFile(other, 'utf8')]).toEqual([true, 'A=1\n'])
    await rm(other)
    expect(() => writeVariables(file, VARIABLES, true)).toThrow(/is a symbolic link/)
    expect(await readdir(place)).toEqual(['.env'])
    expect(() => writeVariables(place, VARIABLES, true)).toThrow(/is no file/)
    const latin = join(place, 'latin')
    await writeFile(latin, Buffer.from('A=\xe4\n', 'latin1'))
    expect(() => writeVariables(latin, VARIABLES, true)).toThrow(/is no text in UTF-8/)
    expect(await readFile(latin, 'latin1')).toBe('A=\xe4\n')
  })

  test('that cannot be written is said, and nothing is left', async () => {
    const folder = join(place, 'none', '.env')
    expect(() => writeVariables(folder, VARIABLES, true)).toThrow(/cannot be written/)
  })
})

test('git says whether it would take the file, where there is one', async () => {
  expect(isUnignored(file)).toBe(false)
  const git = (...args: readonly string[]) => execFileSync('git', ['-C', place, ...args], { stdio: 'ignore' })
  git('init')
  expect(isUnignored(file)).toBe(true)
  // A repository may say which program is to be run to look for changes.
  await writeFile(join(place, 'monitor'), `#!/bin/sh\ntouch '${place}/ran'\n`, { mode: 0o755 })
  git('config', 'core.fsmonitor', join(place, 'monitor'))
  await writeFile(join(place, '.gitignore'), '.env*\n')
  expect(isUnignored(file)).toBe(false)
  await mkdir(join(place, 'app'))
  expect(isUnignored(join(place, 'app', '.env.local'))).toBe(false)
  expect(isUnignored(join(place, 'app', '.dev.vars'))).toBe(true)
  expect(await readdir(place)).not.toContain('ran')
  vi.stubEnv('PATH', join(place, 'none'))
  expect(isUnignored(join(place, 'app', '.dev.vars'))).toBe(false)
})

test('git runs no program that the repository names to fetch what it lacks', () => {
  const git = (...args: readonly string[]) => execFileSync('git', ['-C', place, ...args], { stdio: 'ignore' })
  git('init')
  // A .gitignore that is in the index only, as in a sparse checkout, and whose text is still to be fetched.
  git('update-index', '--add', '--cacheinfo', `100644,${'1'.repeat(40)},.gitignore`)
  git('update-index', '--skip-worktree', '.gitignore')
  git('config', 'core.repositoryformatversion', '1')
  git('config', 'extensions.partialClone', 'origin')
  git('config', 'remote.origin.promisor', 'true')
  git('config', 'remote.origin.url', `ext::touch ${place}/ran`)
  git('config', 'protocol.ext.allow', 'always')
  isUnignored(file)
  expect(existsSync(join(place, 'ran'))).toBe(false)
  // So it would be, if git were let.
  expect(() => git('check-ignore', '-q', '--', '.env')).toThrow()
  expect(existsSync(join(place, 'ran'))).toBe(true)
})
