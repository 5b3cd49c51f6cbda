// Variables of Node, Bun, Deno, Next.js and edge runtimes. The `workerd` condition picks the file beside this one.

interface Runtime {
  readonly process?: { readonly env?: { readonly [name: string]: unknown } }
  readonly Deno?: { readonly env: { get(name: string): unknown } }
}

/** A variable of the runtime's environment. A runtime without one, or that denies access, has none. */
export function runtimeVariable(name: string): unknown {
  const { process, Deno } = globalThis as Runtime
  try {
    return Deno === undefined ? process?.env?.[name] : Deno.env.get(name)
  } catch {
    return undefined // Deno without --allow-env
  }
}
