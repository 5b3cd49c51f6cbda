// Wrong uses of an authority and of a mandate that was kept, each of which must be an error of the compiler.

import {
  type Authority,
  authorityOf,
  createMandateVerifier,
  InMemoryRevocationStore,
  type Mandate,
  withCaracal,
} from 'caracal-edge'

declare const authority: Authority
declare const mandate: Mandate
const request = new Request('https://api.test/')
const revocations = new InMemoryRevocationStore()

// @ts-expect-error undefined on an excluded path
withCaracal((_request, { authority }) => Response.json(authority.mandate), {
  revocations,
  exclude: ['/open'],
})
// @ts-expect-error not every request was admitted
authorityOf(request).mandate
// @ts-expect-error requirements are needed
authority.meets()
// @ts-expect-error undefined requirements are a mistake
authority.meets(undefined)
// @ts-expect-error scopes are a list
authority.meets({ requiredScopes: 'read' })
// @ts-expect-error what a mandate is valid for is no requirement
authority.meets({ audience: 'resource://api' })
// @ts-expect-error a decision is promised
authority.recheck().outcome
// @ts-expect-error requirements are for meets
authority.recheck({ requiredScopes: ['read'] })
// @ts-expect-error readonly
authority.mandate = mandate
// @ts-expect-error unknown name
authority.signal({ recheckEvery: 1_000 })
// @ts-expect-error a number
authority.signal({ recheckEveryMs: '1000' })
// @ts-expect-error undefined would mean never
authority.signal({ recheckEveryMs: undefined })
// @ts-expect-error the signal of the controller
authority.signal({ until: new AbortController() })
// @ts-expect-error a mandate, not its token
createMandateVerifier({ revocations }).recheck('token')
