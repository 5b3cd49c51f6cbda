// Types that refuse unknown names in what an options function of `guardMcp` returns.

import type { MemberOf, NoOther, NoOtherOption } from '../../guard/exact-options.ts'
import type { Requirements } from '../../requirements.ts'
import type { McpOptions } from './options.ts'

type NoOtherIn<Given, Name extends string> = {
  readonly [Key in keyof MemberOf<Given, Name>]: NoOther<MemberOf<Given, Name>[Key], Requirements>
}

/** Has no member for which there is no option. To be intersected with the type of the options. */
export type NoOtherMcpOption<Given> = NoOtherOption<Given, McpOptions> & {
  readonly tools?: NoOtherIn<Given, 'tools'>
  readonly otherTools?: NoOther<MemberOf<Given, 'otherTools'>, Requirements>
  readonly methods?: NoOtherIn<Given, 'methods'>
}
