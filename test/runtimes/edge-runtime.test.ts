// The shared suite in edge-runtime.

import { describeRuntime } from './describe-runtime.ts'

describeRuntime({
  name: 'edge-runtime',
  missing: undefined,
  command: () => 'node test/runtimes/start-edge-runtime.mjs',
  platform: [['waitUntil', 'respondWith']],
  answersItself: {},
  // Its bridge from node:http takes what follows two slashes for a host.
  rewrites: { '//admin': '/', '///admin//x': '//x' },
  isDuplex: true,
  // Its bridge to node:http leaves the rejection unhandled.
  diesOfBrokenBodies: true,
  missesSilentLeaving: true,
  opensSockets: false,
  refusedSocketIs: 'answered',
})
