// The members that are used of workerd's built-in module.

declare module 'cloudflare:workers' {
  export const env: { readonly [name: string]: unknown }
  /** Missing before August 2025. Throws where no request is being handled. */
  export const waitUntil: ((work: Promise<unknown>) => void) | undefined
  /** Missing before June 2026. Its members are newer: those that are used are of September 2026. */
  export const tracing:
    | { readonly getActiveSpan?: () => Span | undefined; readonly startSpan?: (name: string) => Span }
    | undefined

  interface Span {
    /** Whether anything is recorded: by configuration and by chance. */
    readonly isTraced: boolean
    setAttributes(attributes: { readonly [name: string]: string | number | boolean }): unknown
    /** Missing before October 2026. */
    readonly setStatus?: (status: { readonly code: 'error' }) => unknown
    end(): void
  }
}
