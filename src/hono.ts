// The public surface of `caracal-edge/hono`.

export {
  type CaracalEnv,
  type CaracalHonoOptions,
  type CaracalVariables,
  caracal,
  type OptionalCaracalEnv,
  type OptionalCaracalVariables,
  requireMandate,
} from './adapters/hono.ts'
