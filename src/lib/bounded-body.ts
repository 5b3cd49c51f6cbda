// Reads a response's body, up to a bound: a length that is declared proves nothing, so that what comes is counted.

export type BodyFault = 'network' | 'too_large'

/** The whole body, or why there is none. A body that is too large is not read any further. */
export async function boundedBody(response: Response, maxBytes: number): Promise<Blob | BodyFault> {
  if (response.body === null) return new Blob()
  const chunks: Uint8Array<ArrayBuffer>[] = []
  const reader = response.body.getReader()
  let size = 0
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return new Blob(chunks)
      size += value.byteLength
      if (size > maxBytes) break
      chunks.push(value)
    }
  } catch {
    return 'network'
  }
  reader.cancel().catch(() => {})
  return 'too_large'
}
