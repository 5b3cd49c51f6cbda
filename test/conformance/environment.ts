// Sets environment variables for the time of a case.

const OURS = /^(CARACAL_|UPSTASH_|STREAMS_)/

/** Sets each variable, or removes it if the value is undefined. Returns a function that restores them. */
export function setEnvironment(variables: Readonly<Record<string, string | undefined>>): () => void {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const)
  put(Object.entries(variables))
  return () => put(before)
}

/** Removes the variables that the package reads. Returns a function that restores them. */
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
