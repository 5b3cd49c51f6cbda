// Sets environment variables for as long as a case needs them.

const OURS = /^(CARACAL_|UPSTASH_|STREAMS_)/

/** Sets each variable, or removes it where the value is undefined. Returns the way back. */
export function setEnvironment(variables: Readonly<Record<string, string | undefined>>): () => void {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const)
  put(Object.entries(variables))
  return () => put(before)
}

/** Removes what the package would read. Returns the way back. */
export function clearEnvironment(): () => void {
  const found = Object.keys(process.env).filter((name) => OURS.test(name))
  return setEnvironment(Object.fromEntries(found.map((name) => [name, undefined])))
}

function put(variables: readonly (readonly [string, string | undefined])[]): void {
  for (const [name, value] of variables) {
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
}
