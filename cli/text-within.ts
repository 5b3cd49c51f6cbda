// Reads a text that may be of any length.

/** @param tooLarge makes the error with which it rejects when there are more bytes */
export async function textWithin(
  maxBytes: number,
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  tooLarge: () => Error,
): Promise<string> {
  const kept: Uint8Array[] = []
  let length = 0
  for await (const piece of pieces) {
    length += piece.length
    if (length > maxBytes) throw tooLarge()
    kept.push(piece)
  }
  return Buffer.concat(kept).toString()
}
