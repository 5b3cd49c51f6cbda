// Values of a claim or a header member.

export interface Forms {
  readonly admitted?: readonly unknown[]
  readonly refused: readonly unknown[]
}
