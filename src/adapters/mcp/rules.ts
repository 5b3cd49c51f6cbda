// Which requirements a message must meet besides those of the guard, or why it is refused whatever the mandate.

import type { CallRefusal } from '../../decision/call-refusal.ts'
import { failure, type Result, success } from '../../lib/result.ts'
import type { Requirements } from '../../requirements.ts'
import { type Message, TOOL_CALL, toolOf } from './message.ts'
import { hasControlCharacters, spellingOf } from './spelling.ts'

/** Requirements by the name of a tool or a method. */
export type NamedRequirements = ReadonlyMap<string, Requirements>

export interface McpRules {
  readonly tools: NamedRequirements
  /** For tools that are not listed; `undefined` to refuse them. */
  readonly otherTools: Requirements | undefined
  readonly methods: NamedRequirements
  /** The spellings of the listed tools. */
  readonly spellings: ReadonlySet<string>
  /** The spellings of the listed methods. */
  readonly methodSpellings: ReadonlySet<string>
}

/**
 * Methods that need no rule of their own: they act on nothing, and read only what the server tells everybody about itself.
 * Not `logging/setLevel`, which some servers apply to all clients, and not `completion/complete`, which reads data.
 */
const HARMLESS: ReadonlySet<string> = new Set([
  ...['initialize', 'ping', 'server/discover'],
  ...['tools/list', 'prompts/list', 'resources/list', 'resources/templates/list'],
])

const NOTIFICATION = /^notifications\/[\w/.-]+$/

export function rulesFor(message: Message, rules: McpRules): Result<readonly Requirements[], CallRefusal> {
  // It answers a question of the server, which knows what it has asked.
  if (message.kind === 'reply') return success(NONE)
  const { method, kind } = message
  const ofMethod = rules.methods.get(method)
  const own = ofMethod === undefined ? NONE : [ofMethod]
  const tool = toolOf(message)
  if (tool !== undefined) {
    const ofTool = requirementsOf(tool, rules)
    return ofTool.ok ? success([...own, ofTool.value]) : ofTool
  }
  // Notifications need no rule, but a server could take this one for one that has a rule.
  if (ofMethod === undefined && kind === 'notification' && rules.methodSpellings.has(spellingOf(method)))
    return failure('other_spelling')
  const isOpen = HARMLESS.has(method) || (kind === 'notification' && NOTIFICATION.test(method))
  return ofMethod !== undefined || isOpen ? success(own) : failure('unlisted_method')
}

const NONE: readonly Requirements[] = Object.freeze([])

function requirementsOf(tool: string, rules: McpRules): Result<Requirements, CallRefusal> {
  const listed = rules.tools.get(tool)
  if (listed !== undefined) return success(listed)
  // A server could run the listed tool, whose requirements may be stricter.
  if (hasControlCharacters(tool) || rules.spellings.has(spellingOf(tool))) return failure('other_spelling')
  return rules.otherTools === undefined ? failure('unlisted_tool') : success(rules.otherTools)
}

/** The methods that run without a rule of their own: a slip in the name of one leaves it without the rule that was meant. */
export const KNOWN_METHODS: readonly string[] = [
  ...HARMLESS,
  TOOL_CALL,
  ...['notifications/initialized', 'notifications/cancelled', 'notifications/progress'],
  'notifications/roots/list_changed',
]
