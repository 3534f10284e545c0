import type { AttemptId, MidId, ProviderName, SessionId } from "../ids.ts"
import type { Money } from "../Money.ts"

/** What a committed attempt says of itself. */
export interface CommittedAttempt {
  readonly attempt: AttemptId
  readonly session: SessionId
  readonly ordinal: number
  readonly mid: MidId
  readonly provider: ProviderName
  readonly money: Money
  readonly idempotencyKey: string
  /** Writers of one session are ordered by it: a send under an older fence is refused at the next write. */
  readonly fence: number
}

/**
 * The right to send one attempt to its processor. It is what the commit of the attempt's row returns, and its
 * type cannot be written by hand: no driver can be called without it.
 */
export class SendPermit {
  readonly #committed: CommittedAttempt
  readonly #askedAt: bigint | undefined

  private constructor(committed: CommittedAttempt, askedAt: bigint | undefined) {
    this.#committed = committed
    this.#askedAt = askedAt
  }

  /**
   * For ledgers only, once the commit is acknowledged. One that lets steps wait for each other says when this one was
   * sent.
   */
  static afterCommit(committed: CommittedAttempt, askedAt?: bigint): SendPermit {
    return new SendPermit(committed, askedAt)
  }

  get attempt(): CommittedAttempt {
    return this.#committed
  }

  /** A time on the monotonic clock before which nothing was sent that could be committed: its age counts from here. */
  get askedAt(): bigint | undefined {
    return this.#askedAt
  }
}
