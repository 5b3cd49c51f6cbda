// The token with which a replicated database is told what a reply must include. It never goes back to an older one.

/** One command that is under way. */
interface SentCommand {
  /** The token to send with it. */
  readonly token: string
  /** Takes over the token of the reply, unless a newer one has come meanwhile. */
  adopt(token: string | null): void
}

/**
 * The token of the newest write stays: a replica that has not seen this write would say "not revoked". The token of a
 * read counts only if it was sent with the present token, and so includes what that includes. Of two writes at the same
 * time, the one that was sent last counts as the newer.
 */
export class SyncToken {
  #token = ''
  #changes = 0
  #sent = 0
  #newestWrite = 0

  send(isWrite: boolean): SentCommand {
    const number = ++this.#sent
    const known = this.#changes
    return {
      token: this.#token,
      adopt: (token) => {
        if (token === null || (isWrite ? number < this.#newestWrite : known !== this.#changes)) return
        if (isWrite) this.#newestWrite = number
        this.#token = token
        this.#changes += 1
      },
    }
  }
}
