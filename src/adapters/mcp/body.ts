// Reads the body of a request: no more than is allowed, and no longer than the client stays.

import type { CallRefusal } from '../../decision/call-refusal.ts'
import { failure, type Result, success } from '../../lib/result.ts'

/** Not strict about a byte order mark, which is not passed on. */
const strictDecoder = () => new TextDecoder('utf-8', { fatal: true })

/** The body as text. Counts the bytes that arrive, because `Content-Length` may be missing. Never rejects. */
export async function bodyText(request: Request, maxBytes: number): Promise<Result<string, CallRefusal>> {
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) return failure('too_large')
  // Not the text of each chunk: of chunks of one byte, the strings would take many times the size of the body.
  let [bytes, size] = [new Uint8Array(0), 0]
  const outcome = await forEachChunk(request, maxBytes, (chunk) => {
    const needed = size + chunk.byteLength
    if (needed > bytes.length) {
      const larger = new Uint8Array(Math.max(needed, 2 * size))
      larger.set(bytes)
      bytes = larger
    }
    bytes.set(chunk, size)
    size = needed
  })
  if (outcome !== 'end') return failure(outcome === 'more' ? 'too_large' : 'not_json')
  try {
    return success(strictDecoder().decode(bytes.subarray(0, size)))
  } catch {
    return failure('not_json')
  }
}

/** Whether there is nothing in the body. Some servers make one for every `DELETE`. Never rejects. */
export async function isEmpty(request: Request): Promise<boolean> {
  if (Number(request.headers.get('content-length') ?? 0) !== 0) return false
  return (await forEachChunk(request, 0, () => {})) === 'end'
}

/** @returns whether the body has ended, had more, or could not be read */
async function forEachChunk(
  { body, signal }: Request,
  maxBytes: number,
  take: (chunk: Uint8Array) => void,
): Promise<'end' | 'more' | 'broken'> {
  if (body === null || body === undefined) return 'end'
  let cancel = () => {}
  try {
    const reader = body.getReader()
    cancel = () => {
      reader.cancel().catch(() => {})
    }
    // Not every runtime ends the body when the client is gone.
    signal?.addEventListener('abort', cancel)
    for (let size = 0; ; ) {
      const { done, value } = await reader.read()
      if (done) return signal?.aborted ? 'broken' : 'end'
      size += value.byteLength
      if (!(size <= maxBytes)) {
        cancel()
        return 'more'
      }
      take(value)
    }
  } catch {
    cancel()
    return 'broken'
  } finally {
    signal?.removeEventListener('abort', cancel)
  }
}
