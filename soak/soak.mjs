// @ts-check
// Minutes of load with faults on a guarded Worker in workerd, with a real Redis, and the account of it:
//   npm run soak      SOAK_MINUTES (4) says how long, SOAK_SEED repeats what was left to chance

import { answerSignals, onStop, runInForeground } from '../lab/foreground.mjs'
import { HOW_TO_INSTALL, hasRedisServer } from '../lab/redis-server.mjs'

const PROGRESS_MS = 15_000
/** Until all facts about the time of an answer are known. */
const JUDGE_AFTER_MS = 2_000
/** A shorter one does not get to see everything, and says nothing about memory. */
const SHORT_MINUTES = 3

await runInForeground(
  async () => {
    const minutes = numberFrom('SOAK_MINUTES', 4)
    const seed = numberFrom('SOAK_SEED', Math.floor(Math.random() * 2 ** 32))
    if (!hasRedisServer()) {
      console.log(`The soak is skipped: there is no redis-server on PATH (${HOW_TO_INSTALL}).`)
      return true
    }
    const { RATE } = await import('./load.mjs')
    console.log(`Soak of ${minutes} minutes, ${RATE} requests a second, SOAK_SEED=${seed}`)
    const held = await soak(minutes, seed)
    console.log(`\n${held ? '✓ All promises held' : '✗ A promise was broken'} (SOAK_SEED=${seed}).`)
    return held
  },
  { serves: false },
)

/** @param {number} minutes @param {number} seed */
async function soak(minutes, seed) {
  // Only now: without dist/ and node_modules/ these imports fail with a message about a file.
  const { startControl } = await import('./control.mjs')
  const { startIssuer } = await import('./issuer.mjs')
  const { startRevocations } = await import('./revocations.mjs')
  const { startWorker } = await import('../lab/worker.mjs')
  const { Account } = await import('./account.mjs')
  const { Load } = await import('./load.mjs')
  const { boundHeap, watchMemory } = await import('./memory.mjs')
  const { pause, runActs, runCronTrigger } = await import('./plan.mjs')
  const { randomFrom } = await import('./random.mjs')
  const { ZONE_ID } = await import('./settings.mjs')

  boundHeap()
  const control = await startControl()
  onStop(control.close)
  const issuer = await startIssuer()
  onStop(issuer.close)
  const revocations = await startRevocations()
  onStop(revocations.stop)
  const { url, runCron } = await startWorker({
    config: 'soak/worker.toml',
    vars: {
      CARACAL_STS_URL: issuer.url,
      CARACAL_ZONE_ID: ZONE_ID,
      CONTROL_URL: control.url,
      ...revocations.vars,
    },
    port: 0,
    watch: false,
    onStop,
  })
  // wrangler answers signals too, by then.
  answerSignals()
  const isShort = minutes < SHORT_MINUTES
  if (!isShort) await control.warm(url)
  // Until a first pass has been made, the Worker lets nobody in.
  await revocations.giveUpTheStart()
  await revocations.pass(runCron)

  /** @type {import('./load.mjs').Exchange[]} */
  let unjudged = []
  const load = new Load({
    url,
    issuer,
    revocations,
    random: randomFrom(seed),
    onAnswer: (exchange) => unjudged.push(exchange),
  })
  const account = new Account({ issuer, revocations, stalls: control.stalls })
  const judge = (/** @type {number} */ until) => {
    const ripe = unjudged.filter(({ answeredAt }) => answeredAt <= until)
    unjudged = unjudged.filter(({ answeredAt }) => answeredAt > until)
    for (const exchange of ripe) account.enter(exchange)
  }
  const judging = setInterval(() => judge(Date.now() - JUDGE_AFTER_MS), 1_000)
  const progress = setInterval(() => console.log(`  ${account.progress()}`), PROGRESS_MS)
  const memory = watchMemory()

  const isOver = new AbortController()
  const { signal } = isOver
  const loading = load.run(signal)
  const acting = runActs({ issuer, revocations, load, random: randomFrom(seed + 1), signal })
  const controlling = control.run(url, signal)
  const triggering = runCronTrigger(revocations, runCron, signal)
  const running = Promise.all([loading, acting, controlling, triggering])
  // None of these ends by itself, unless it fails.
  await Promise.race([pause(minutes * 60_000, signal), running])
  isOver.abort()
  const memoryReport = memory.stop()
  await running
  revocations.giveUp()
  await load.settle()
  clearInterval(judging)
  clearInterval(progress)
  judge(Number.POSITIVE_INFINITY)
  return account.close({ sent: load.sent, isShort, memory: memoryReport })
}

/** @param {string} name @param {number} usual */
function numberFrom(name, usual) {
  const number = Number(process.env[name] ?? usual)
  if (Number.isFinite(number) && number > 0) return number
  throw new Error(`${name} must be a positive number, and it is "${process.env[name]}".`)
}
