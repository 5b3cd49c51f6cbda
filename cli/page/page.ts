// What the page of dev does, in the browser. Whatever it shows is set as text, never as HTML.

import type { ExplainedCheck, Requirements } from 'caracal-edge'

type Reply = Readonly<Record<string, unknown>>

/** @throws {Error} if the page has no such element */
function element<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const found = document.getElementById(id)
  if (found instanceof kind) return found
  throw new Error(`The page has no ${id}.`)
}

const input = (id: string) => element(id, HTMLInputElement)
const zone = element('zone', HTMLSelectElement)
const mandate = element('mandate', HTMLTextAreaElement)
const options = element('options', HTMLTextAreaElement)
const checksTable = element('checks', HTMLTableElement)

const words = (id: string): readonly string[] => input(id).value.match(/\S+/g) ?? []
const wholeNumber = (id: string): number => input(id).valueAsNumber

async function ask(path: string, body?: object): Promise<Reply> {
  const init = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }
  const response = await fetch(path, body === undefined ? {} : init).catch(() => {
    throw new Error('dev does not answer: it has ended.')
  })
  const reply: Reply = await response.json()
  if (!response.ok) throw new Error(typeof reply.error === 'string' ? reply.error : 'dev refused')
  return reply
}

/** Does what a control is for, and says what came of it beside the control. */
function act(status: string, work: () => Promise<{ readonly text: string; readonly isBad?: boolean }>): void {
  const place = element(status, HTMLElement)
  const show = (text: string, isBad: boolean) => {
    place.textContent = text
    place.className = `status ${isBad ? 'bad' : 'good'}`
  }
  // A screen reader says it again only if it has changed.
  place.textContent = ''
  work().then(
    ({ text, isBad = false }) => show(text, isBad),
    (error: unknown) => show(error instanceof Error ? error.message : 'it failed', true),
  )
}

function onSubmit(id: string, work: () => void): void {
  element(id, HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault()
    work()
  })
}

const onClick = (id: string, work: () => void) =>
  element(id, HTMLButtonElement).addEventListener('click', work)

/** What is pasted may be anything, and not every shell takes single quotes as a shell should. */
const FOR_SHELL = /^[\w.-]+$/

function givenMandate(form = /./): string {
  const text = mandate.value.trim().replace(/^(authorization:\s*)?bearer\s+/i, '')
  if (text === '') throw new Error('There is no mandate: mint or paste one.')
  if (!form.test(text)) throw new Error('What is pasted is not a mandate.')
  return text
}

/** An id in the mandate. It is not verified here: whoever has the page may revoke anything. */
function claim(name: string): string {
  const [, payload = ''] = givenMandate().split('.')
  try {
    const binary = atob(payload.replaceAll('-', '+').replaceAll('_', '/'))
    const text = new TextDecoder().decode(Uint8Array.from(binary, (character) => character.charCodeAt(0)))
    const claims: Reply = JSON.parse(text)
    const value = claims[name]
    if (typeof value === 'string') return value
  } catch {
    throw new Error('What is pasted is not a mandate.')
  }
  throw new Error(`The mandate has no ${name}.`)
}

async function copy(text: string, what: string) {
  if (/[\p{Cc}\p{Cf}\u2028\u2029]/u.test(text)) throw new Error('It has what a terminal would obey.')
  await navigator.clipboard.writeText(text).catch(() => {
    throw new Error('The browser does not let the page copy: select the mandate, and copy it by hand.')
  })
  return { text: `${what} copied.` }
}

/** In single quotes, in which a shell reads nothing. */
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`

const agent = input('agent')
const hops = input('hops')
agent.addEventListener('change', () => {
  hops.disabled = !agent.checked
})

onSubmit('mint', () =>
  act('mint-status', async () => {
    const reply = await ask('/dev/mint', {
      zone: zone.value,
      audience: words('audience'),
      scopes: words('scopes'),
      lifetimeSeconds: wholeNumber('lifetime'),
      ...(agent.checked ? { hops: wholeNumber('hops') } : { agent: false }),
    })
    mandate.value = String(reply.mandate)
    return { text: `Minted in ${reply.zone}. It is in the field below.` }
  }),
)

onSubmit('use', () => {})
onClick('copy', () => act('use-status', async () => copy(givenMandate(FOR_SHELL), 'Mandate')))
onClick('copy-curl', () =>
  act('use-status', async () => {
    const header = quoted(`Authorization: Bearer ${givenMandate(FOR_SHELL)}`)
    return copy(`curl -H ${header} ${quoted(input('service').value)}`, 'curl line')
  }),
)
onClick('revoke', () =>
  act('use-status', async () => {
    const name = element('anchor', HTMLSelectElement).value
    await ask('/dev/revoke', { anchor: claim(name), zone: zone.value })
    return { text: `Revoked, and announced: guards refuse every mandate with this ${name}.` }
  }),
)

onClick('rotate', () =>
  act('zone-status', async () => {
    const reply = await ask('/dev/rotate', { zone: zone.value })
    return { text: `${reply.zone} signs with a new key. The one before it is still served.` }
  }),
)
onClick('epoch', () =>
  act('zone-status', async () => {
    const reply = await ask('/dev/epoch', { zone: zone.value })
    return { text: `The epoch of ${reply.zone} is ${reply.epoch}: older delegations are stale.` }
  }),
)

const USES = ['resource', 'session'] as const

/** One for each requirement: a requirement without its field does not compile. Empty fields require nothing. */
const REQUIREMENTS: { readonly [Name in keyof Requirements]-?: (id: string) => Requirements[Name] } = {
  requiredScopes: someWords,
  requiredTargets: someWords,
  requireChainContains: someWords,
  requiredUse: (id) => USES.find((use) => use === element(id, HTMLSelectElement).value),
  maxHopCount: (id) => (input(id).value === '' ? undefined : wholeNumber(id)),
  requireAgent: (id) => input(id).checked || undefined,
  requireDelegation: (id) => input(id).checked || undefined,
}

function someWords(id: string): readonly string[] | undefined {
  const some = words(id)
  return some.length === 0 ? undefined : some
}

function requirements(): object | undefined {
  const given = Object.entries(REQUIREMENTS).flatMap(([id, read]) => {
    const value = read(id)
    return value === undefined ? [] : [[id, value]]
  })
  return given.length === 0 ? undefined : Object.fromEntries(given)
}

input('file').addEventListener('change', () =>
  act('explain-status', async () => {
    const [file] = input('file').files ?? []
    if (file === undefined) throw new Error('No file is chosen.')
    options.value = await file.text()
    return { text: `${file.name} is loaded.` }
  }),
)

function givenOptions(): unknown {
  if (options.value.trim() === '') return undefined
  try {
    return JSON.parse(options.value)
  } catch {
    throw new Error('The options of the guard are not JSON.')
  }
}

onSubmit('explain', () =>
  act('explain-status', async () => {
    checksTable.hidden = true
    const path = input('path').value.trim()
    const reply = await ask('/dev/explain', {
      token: givenMandate(),
      zone: zone.value,
      ...(path !== '' && { path, method: input('method').value.trim() || 'GET' }),
      requirements: requirements(),
      options: givenOptions(),
    })
    const checks: readonly ExplainedCheck[] = Array.isArray(reply.checks) ? reply.checks : []
    checksTable.tBodies[0]?.replaceChildren(...checks.map(row))
    checksTable.hidden = false
    const failed = checks.filter(({ outcome }) => outcome === 'failed').map(({ name }) => name)
    const what = failed.length === 0 ? '' : ` What failed: ${failed.join(', ')}.`
    return { text: `The mandate is ${reply.headline}.${what}`, isBad: failed.length > 0 }
  }),
)

const OUTCOMES = {
  passed: ['✓ passed', 'good'],
  failed: ['✗ failed', 'bad'],
  'not-reached': ['not reached', 'quiet'],
  'not-asked': ['not asked', 'quiet'],
} as const

function row(check: ExplainedCheck): HTMLTableRowElement {
  const line = document.createElement('tr')
  const name = document.createElement('th')
  name.scope = 'row'
  name.textContent = check.name
  const [outcome, style] = OUTCOMES[check.outcome]
  const cell = (text: string, className = '') => {
    const made = document.createElement('td')
    made.textContent = text
    made.className = className
    return made
  }
  line.append(name, cell(outcome, style), cell(found(check)), cell(`${check.wanted}${ruleText(check)}`))
  return line
}

function found(check: ExplainedCheck): string {
  if (check.outcome === 'not-asked') return ''
  return check.outcome === 'not-reached' ? `${check.after} failed before` : check.found
}

function ruleText({ rule }: ExplainedCheck): string {
  if (rule?.from === 'route') return ` (route ${rule.route})`
  return rule?.from === 'requirements' ? ' (the requirements above)' : ''
}

ask('/dev').then(
  ({ zones, audience, version, redis }) => {
    const ids = Array.isArray(zones) ? zones.map(String) : []
    zone.replaceChildren(...ids.map((id) => new Option(id, id)))
    input('audience').value = String(audience)
    element('about', HTMLElement).append(` Version ${version}. Zones: ${ids.join(', ')}. Redis: ${redis}.`)
  },
  (error: unknown) => {
    element('about', HTMLElement).textContent = error instanceof Error ? error.message : 'it failed'
  },
)
