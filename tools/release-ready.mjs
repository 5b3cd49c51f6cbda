// Whether this checkout can be published as the tag that the release workflow was started for. Says what is missing.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './install.mjs'

const { GITHUB_REPOSITORY = '', GITHUB_REF_NAME = '' } = process.env
const { version, repository } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
const url = typeof repository === 'string' ? repository : (repository?.url ?? '')
const changelog = readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8')

const named = /github(?:\.com[/:]|:)([\w.-]+\/[\w.-]+?)(?:\.git)?$/i.exec(url)?.[1] ?? ''
const missing = []
if (GITHUB_REPOSITORY === '' || named.toLowerCase() !== GITHUB_REPOSITORY.toLowerCase()) {
  const wanted = `{ "type": "git", "url": "git+https://github.com/${GITHUB_REPOSITORY || 'OWNER/NAME'}.git" }`
  missing.push(`"repository" in package.json must be ${wanted}: npm refuses the provenance of any other.`)
}
if (GITHUB_REF_NAME !== `v${version}`) {
  missing.push(`The tag must be v${version}, the version in package.json.`)
}
if (!changelog.includes(`\n## ${version}\n`)) {
  missing.push(`CHANGELOG.md must have a heading "## ${version}": it is "Unreleased" until then.`)
}
for (const sentence of missing)
  console.error(`Not ready for a release: ${sentence} See CONTRIBUTING.md, "A release".`)
process.exitCode = missing.length === 0 ? 0 : 1
