// Reads a challenge (RFC 9110 §11.6.1) by its grammar: one scheme, then parameters that are all quoted strings.

const PARAMETER = /^([a-z_]+)="((?:[^"\\]|\\.)*)"(?:, |$)/

export interface Challenge {
  readonly scheme: string
  readonly parameters: Readonly<Record<string, string>>
}

/** Throws if the text does not follow the grammar. */
export function parseChallenge(text: string | null): Challenge {
  const [, scheme, list] = /^(\w+) (.+)$/.exec(text ?? '') ?? []
  if (scheme === undefined || list === undefined) throw new Error(`No challenge: ${text}`)
  const parameters: Record<string, string> = {}
  for (let rest = list; rest !== ''; ) {
    const [whole = '', name = '', value = ''] = PARAMETER.exec(rest) ?? []
    if (whole === '' || name in parameters) throw new Error(`No challenge: ${text}`)
    parameters[name] = value.replace(/\\(.)/g, '$1')
    rest = rest.slice(whole.length)
  }
  return { scheme, parameters }
}
