import type { Payments } from "./client.ts"
import { type Call, callOf, Failure, isPaymentsError } from "./errors.ts"
import type { PaymentAction, PaymentSessionWithAttempts, RefusalsOf, SessionState } from "./generated/rest.ts"
import { sleep } from "./retries.ts"

/** Where a payment came to, and whether that is the end of it. */
export type Settlement = (
  | {
      /**
       * `settled`: paid; claim the fulfilment. `failed`, `cancelled` and `expired`: ended without a payment; declare
       * a new session.
       */
      readonly end: "settled" | "failed" | "cancelled" | "expired"
      readonly final: true
    }
  | {
      /**
       * Nobody knows yet whether the money moved; it is being found out, which may take a while. Nobody is to pay
       * again. Wait for it with `throughReview`, or let a webhook tell you.
       */
      readonly end: "in_review"
      readonly final: false
    }
  | {
      /** The customer's bank wants a confirmation: send the customer to `action.url`, and wait again. */
      readonly end: "action_required"
      readonly final: false
      readonly action: PaymentAction
    }
  | {
      /** The time that you gave is over, and nothing is certain yet; `session.state` says where it stands. */
      readonly end: "not_yet"
      readonly final: false
    }
) & { readonly session: PaymentSessionWithAttempts }

/** How to wait. */
export interface WaitOptions {
  readonly signal?: AbortSignal
  /** How long at most, in milliseconds: 120000 by default. `Infinity` waits for ever. */
  readonly timeoutMs?: number
  /** The wait between the first two looks, in milliseconds; it grows by half each time. 500 by default. */
  readonly firstDelayMs?: number
  /** No wait between looks is longer, in milliseconds: 10000 by default. */
  readonly longestDelayMs?: number
  /** Go on waiting while the session is in review, and while its customer has something to do. */
  readonly throughReview?: boolean
  /** Looks at once when this hears of the session, instead of when it is time. */
  readonly news?: SettlementNews
}

/** Hands what webhooks tell to whoever waits. */
export interface SettlementNews {
  /** To be called with every event that you verified. */
  readonly tell: (event: { readonly data: { readonly session: string } }) => void
  /** Calls back for each event of a session, until it is told to stop. */
  readonly listen: (session: string, onNews: () => void) => () => void
}

/** A place where a webhook handler and those who wait meet; within one process. */
export const settlementNews = (): SettlementNews => {
  const listeners = new Map<string, Set<() => void>>()
  return {
    tell: ({ data }) => listeners.get(data.session)?.forEach((onNews) => onNews()),
    listen: (session, onNews) => {
      const those = listeners.get(session) ?? new Set()
      listeners.set(session, those.add(onNews))
      return () => {
        those.delete(onNews)
        if (those.size === 0 && listeners.get(session) === those) listeners.delete(session)
      }
    }
  }
}

/**
 * Waits until a payment came to something, by reading the session now and then. An event is only a reason to look:
 * what counts is what the session says. It ends with an error only when it is aborted, or when the server refuses to
 * show the session; one that cannot be reached for a while is asked again.
 */
export const waitForSettlement = (
  payments: Pick<Payments, "read">,
  session: string,
  options: WaitOptions = {}
): Call<Settlement, RefusalsOf["read"] | "unavailable" | "aborted"> =>
  callOf(wait(payments, session, options))

const wait = async (
  payments: Pick<Payments, "read">,
  id: string,
  {
    signal,
    timeoutMs = 120_000,
    firstDelayMs = 500,
    longestDelayMs = 10_000,
    throughReview = false,
    news
  }: WaitOptions
): Promise<Settlement> => {
  const over = Date.now() + timeoutMs
  const bell = new Bell()
  const stop = news?.listen(id, () => bell.ring())
  const onAbort = () => bell.ring()
  signal?.addEventListener("abort", onAbort)
  try {
    let looks = 0
    for (;;) {
      const session = await look(payments, id, signal, over)
      if (session !== undefined) {
        const end = endOf(session, throughReview)
        if (end !== undefined) return end
        if (Date.now() >= over) return { end: "not_yet", final: false, session }
      }
      const delay = Math.min(longestDelayMs, firstDelayMs * 1.5 ** looks) * (0.75 + Math.random() / 2)
      looks += 1
      await bell.within(Math.max(0, Math.min(delay, over - Date.now())))
    }
  } finally {
    stop?.()
    signal?.removeEventListener("abort", onAbort)
  }
}

/** The session; undefined when nobody could say, and there is time to ask again. */
const look = async (
  payments: Pick<Payments, "read">,
  id: string,
  signal: AbortSignal | undefined,
  over: number
): Promise<PaymentSessionWithAttempts | undefined> => {
  if (signal?.aborted === true) throw new Failure("aborted", "the wait was aborted", { tries: 0 })
  try {
    return await payments.read(id, signal === undefined ? {} : { signal })
  } catch (thrown) {
    const passes = isPaymentsError(thrown) && (thrown.code === "unavailable" || thrown.status === 429)
    if (passes && Date.now() < over) return undefined
    throw thrown
  }
}

const ends: Partial<Record<SessionState, "settled" | "failed" | "cancelled" | "expired">> = {
  settled: "settled",
  failed: "failed",
  cancelled: "cancelled",
  expired: "expired"
}

const endOf = (session: PaymentSessionWithAttempts, throughReview: boolean): Settlement | undefined => {
  const end = ends[session.state]
  if (end !== undefined) return { end, final: true, session }
  if (session.state !== "in_review" || throughReview) return undefined
  const { action } = session
  return action === undefined
    ? { end: "in_review", final: false, session }
    : { end: "action_required", final: false, action, session }
}

/** Something to wait for that may ring before its time, also while nobody waits. */
class Bell {
  #rang = false
  #wake: AbortController | undefined

  ring(): void {
    this.#rang = true
    this.#wake?.abort()
  }

  async within(milliseconds: number): Promise<void> {
    this.#wake = new AbortController()
    if (!this.#rang) await sleep(milliseconds, this.#wake.signal)
    this.#rang = false
  }
}
