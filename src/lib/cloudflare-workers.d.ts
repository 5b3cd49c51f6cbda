// The members that are used of workerd's built-in module.

declare module 'cloudflare:workers' {
  export const env: { readonly [name: string]: unknown }
  /** Missing before August 2025. Throws where no request is being handled. */
  export const waitUntil: ((work: Promise<unknown>) => void) | undefined
}
