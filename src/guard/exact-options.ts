// Types that refuse unknown names in what an options function returns. For an object, the compiler does it by itself.

import type { KeySetOptions } from '../keys/key-set-options.ts'
import type { CaracalOptions, RouteOptions } from './options.ts'

/** The names in any member of a union. */
type NamesIn<Given> = Given extends unknown ? keyof Given : never

/** Not `never`, so that the compiler names the option in its error. */
interface NoSuchOption {
  readonly 'there is no such option': never
}

export type NoOther<Given, Known> = {
  readonly [Name in Exclude<NamesIn<Given>, NamesIn<Known>>]?: IsAny<Given, Name> extends true
    ? never
    : NoSuchOption
}

/** `any` fits everything but `never`. */
type IsAny<Given, Name extends PropertyKey> = Given extends { readonly [Member in Name]: infer Value }
  ? 0 extends 1 & Value
    ? true
    : false
  : false

export type MemberOf<Given, Name extends string> = Given extends { readonly [Member in Name]?: infer Value }
  ? NonNullable<Value>
  : never

/** Has no member for which there is no option. To be intersected with the type of the options. */
export type NoOtherOption<Given, Options extends CaracalOptions = CaracalOptions> = NoOther<
  Given,
  Options
> & {
  readonly routes?: {
    readonly [Key in keyof MemberOf<Given, 'routes'>]: NoOther<MemberOf<Given, 'routes'>[Key], RouteOptions>
  }
  readonly keySet?: NoOther<MemberOf<Given, 'keySet'>, KeySetOptions>
}
