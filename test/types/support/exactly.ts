// Compares types exactly: `any`, `unknown` and a union with one member more are all told apart.

type Same<One, Other> =
  (<T>() => T extends One ? 1 : 2) extends <T>() => T extends Other ? 1 : 2 ? true : false

type Proof<Expected, Actual> = Same<Expected, Actual> extends true ? [] : [expected: Expected, found: Actual]

/** `exactly<Mandate>()(caracal)` compiles only if `caracal` has exactly that type. */
export declare function exactly<Expected>(): <Actual>(
  value: Actual,
  ...proof: Proof<Expected, Actual>
) => void
