// Runs the checks of a store inside workerd, over the D1 that is bound to it: one request for each check.

import { testRevocationStore } from 'caracal-edge/testing'
import { type D1Binding, D1RevocationStore, SCHEMA } from '../../../examples/d1-store.ts'
import { NAIVE_SCHEMA, type NaiveBinding, NaiveD1Store } from './naive-d1-store.ts'

interface Env {
  readonly DB: D1Binding & NaiveBinding
}

export default {
  async fetch(request: Request, { DB }: Env): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url)
    if (pathname === '/schema') {
      for (const sql of [...SCHEMA, ...NAIVE_SCHEMA]) await (DB as NaiveBinding).prepare(sql).run()
      return new Response('made')
    }
    const make = () => (pathname === '/naive' ? new NaiveD1Store(DB) : new D1RevocationStore(DB))
    const check = testRevocationStore(make).find(({ title }) => title === searchParams.get('title'))
    if (check === undefined) return new Response('There is no such check', { status: 404 })
    return check.check().then(
      () => new Response('passed'),
      (error: unknown) => new Response(String(error)),
    )
  },
}
