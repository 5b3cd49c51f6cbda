// @ts-nocheck
// The subject in edge-runtime, where a program waits for fetch events.

import { guard } from './subject.mjs'

const guarded = guard(process.env.OPTIONS_FORM)
addEventListener('fetch', (event) => event.respondWith(guarded(event.request, event)))
