// The public surface of `caracal-edge/hono`.

export {
  type CaracalEnv,
  type CaracalHonoOptions,
  type CaracalVariables,
  caracal,
  requireMandate,
} from './adapters/hono.ts'
