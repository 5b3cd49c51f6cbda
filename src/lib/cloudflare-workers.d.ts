// The only member of workerd's built-in module that is used here.

declare module 'cloudflare:workers' {
  export const env: { readonly [name: string]: unknown }
}
