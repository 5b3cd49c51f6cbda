// The command line as users have it: packed, installed into an empty folder once for all of this, and run there.

import { describe } from 'vitest'
import { testService } from './dev-service.ts'
import { testStart } from './dev-start.ts'
import { testDoctor } from './examined.ts'
import { testExplain } from './explained.ts'
import { installedCli } from './installed.ts'
import { testPage } from './page.ts'
import { testPlainRedis } from './plain-redis.ts'
import { testTerminal } from './terminal.ts'
import { testUsage } from './usage.ts'
import { testVersions } from './versions.ts'
import { testWithDev } from './with-dev.ts'

const cli = installedCli()

describe('dev serves', () => testService(cli))
describe('dev starts', () => testStart(cli))
describe('beside dev', () => testWithDev(cli))
describe('explained', () => testExplain(cli))
describe('the page', () => testPage(cli))
describe('usage', () => testUsage(cli))
describe('what is examined', () => testDoctor(cli))
describe('on servers', () => testPlainRedis(cli))
describe('in a terminal', () => testTerminal(cli))
describe('on other versions of Node.js', () => testVersions(cli))
