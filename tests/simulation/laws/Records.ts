import { Exit, Option } from "effect"
import type { LedgerUnavailable } from "../../../src/kernel/PaymentLedger.ts"
import type { SessionState } from "../../../src/kernel/PaymentSession.ts"
import type { AttemptRow, SessionRow, Store } from "../../../src/layers/memory/Store.ts"
import type { Charge } from "../Books.ts"
import type { Ground } from "./Ground.ts"

const finalStates: ReadonlySet<SessionState> = new Set(["settled", "failed", "cancelled", "expired"])

/** The longest time in which a gateway may still turn up a charge, in milliseconds. */
const horizon = 15 * 60_000

/** What a session's row said when it was looked at last. */
interface Seen {
  readonly state: SessionState
  readonly round: number
  readonly evidence: SessionRow["evidence"]
  /** By ordinal. */
  readonly attempts: ReadonlyMap<number, AttemptRow["state"]>
}

const seenOf = ({ state, round, evidence, attempts }: SessionRow): Seen => ({
  state,
  round,
  evidence: [...evidence],
  attempts: new Map(attempts.map((attempt) => [attempt.ordinal, attempt.state]))
})

/** What our records may say, and when. */
export class Records {
  readonly #seen = new Map<string, Seen>()
  readonly #on: Ground
  readonly #onRound: (row: SessionRow) => void

  /** `onRound` hears of every session that is charged anew. */
  constructor(on: Ground, onRound: (row: SessionRow) => void) {
    this.#on = on
    this.#onRound = onRound
  }

  /** Whether our records still want to know what became of a charge. */
  isOpen({ session, ordinal }: Charge): boolean {
    const state = this.#on.rowOf(session)?.attempts.find((one) => one.ordinal === ordinal)?.state
    return state === "in_flight" || state === "indeterminate"
  }

  /** A gateway said that it knows no such charge. */
  onDenied(key: string): void {
    this.#on.deniedAt.set(key, this.#on.now)
  }

  /** Whatever a prohibition has to stop, some code was about to do. */
  onRefusal(statement: string, exit: Exit.Exit<unknown, LedgerUnavailable>): void {
    const refusal = Option.getOrUndefined(Exit.findErrorOption(exit))
    if (refusal?.refused === true) {
      throw this.#on.breaks("no statement is prohibited", `${statement}: ${String(refusal.cause)}`)
    }
  }

  /** After every statement that was done. What was seen is kept as a copy: rows may be changed in their place. */
  afterStatement(store: Store): void {
    for (const [id, row] of store.sessions) {
      const before = this.#seen.get(id)
      this.#holds(row, before)
      this.#seen.set(id, seenOf(row))
    }
  }

  #holds(row: SessionRow, before: Seen | undefined): void {
    const live = row.attempts.filter(({ state }) => state !== "declined")
    if (live.length > 1) {
      throw this.#on.breaks(
        "at most one attempt is not positively declined",
        `${live.map(({ ordinal, state }) => `${ordinal} is ${state}`).join(", ")}`
      )
    }
    if (before !== undefined && finalStates.has(before.state) && row.state !== before.state) {
      throw this.#on.breaks("a final state is final", `the session was ${before.state} and is ${row.state}`)
    }
    if (before?.evidence.some((heard, nr) => row.evidence[nr] !== heard) === true) {
      throw this.#on.breaks("evidence is kept", "some of it is gone")
    }
    if (row.round > (before?.round ?? 0)) this.#onRound(row)
    for (const attempt of row.attempts) this.#attemptHolds(row, attempt, before)
    if (row.state !== before?.state) this.#stateHolds(row)
  }

  #attemptHolds(row: SessionRow, attempt: AttemptRow, before: Seen | undefined): void {
    const earlier = before?.attempts.get(attempt.ordinal)
    if (earlier === undefined) {
      this.#on.writtenAt.set(attempt.attempt, this.#on.now)
      this.#isPermitted(row, attempt)
    }
    if (earlier === attempt.state) return
    const charge = this.#on.books.byKey(attempt.idempotencyKey)
    switch (attempt.state) {
      case "captured":
        if (charge?.movesAt === undefined || charge.movesAt > this.#on.now) {
          throw this.#on.breaks("captured is what the gateway captured", `attempt ${attempt.ordinal} was not`)
        }
        return
      case "declined":
        if (charge?.verdict !== "declined") {
          throw this.#on.breaks("declined is what the gateway declined", `attempt ${attempt.ordinal} was not`)
        }
        return
      case "absent": {
        const denied = this.#on.deniedAt.get(attempt.idempotencyKey) ?? 0
        if (denied - (this.#on.writtenAt.get(attempt.attempt) ?? 0) < horizon) {
          throw this.#on.breaks(
            "absent is what the gateway denied after its horizon",
            `attempt ${attempt.ordinal} was not`
          )
        }
        return
      }
      case "in_flight":
      case "indeterminate":
    }
  }

  /** A session of the order that ended, of which is written down that money moved and not that it went back. */
  #paidBefore({ id, entity, orderReference }: SessionRow["declaration"]): string | undefined {
    if (orderReference === undefined) return undefined
    for (const { state, declaration, facts, returns } of this.#on.store.sessions.values()) {
      if (state === "settled" || declaration.id === id || declaration.entity !== entity) continue
      if (declaration.orderReference !== orderReference) continue
      const left = facts.map(
        ({ mid, processorReference, amount, currency }) =>
          amount -
          returns
            .filter((line) => line.mid === mid && line.processorReference === processorReference)
            .reduce((sum, line) => sum + (line.currency === currency ? line.amount : 0), 0)
      )
      if (left.some((rest) => rest > 0)) return declaration.id
    }
    return undefined
  }

  #isPermitted({ declaration, attempts, expiresAt, facts }: SessionRow, attempt: AttemptRow): void {
    const { entity, category, money } = declaration
    const account = this.#on.store.accounts.get(attempt.mid)
    const wrong =
      account === undefined
        ? "does not exist"
        : account.entity !== entity
          ? `belongs to ${account.entity}`
          : account.killSwitch
            ? "is stopped"
            : account.status !== "active"
              ? `is ${account.status}`
              : account.underwrittenFor.includes(category)
                ? undefined
                : `is not underwritten for ${category}`
    if (wrong !== undefined) {
      throw this.#on.breaks(
        "an entity collects on its own open accounts for what they are underwritten for",
        `${attempt.mid} ${wrong}`
      )
    }
    // Before the permit only: what is heard while the permit is in somebody's hand comes too late for this send.
    if (facts.length > 0) {
      throw this.#on.breaks(
        "nobody is charged again who has paid",
        `attempt ${attempt.ordinal} is written although money was captured`
      )
    }
    const before = this.#paidBefore(declaration)
    if (before !== undefined) {
      throw this.#on.breaks(
        "an order that is known to be paid is not charged",
        `attempt ${attempt.ordinal} is written although ${before} of the same order holds money`
      )
    }
    if (
      attempts.some(
        ({ ordinal, round, mid }) =>
          ordinal < attempt.ordinal && round === attempt.round && mid === attempt.mid
      )
    ) {
      throw this.#on.breaks(
        "a cascade asks each account once",
        `attempt ${attempt.ordinal} asks ${attempt.mid} again`
      )
    }
    const refused = attempts.find(
      ({ ordinal, round, idempotencyKey }) =>
        ordinal < attempt.ordinal &&
        round === attempt.round &&
        this.#on.books.byKey(idempotencyKey)?.code === "stolen_card"
    )
    if (refused !== undefined) {
      throw this.#on.breaks(
        "after a hard decline no other account is asked",
        `attempt ${attempt.ordinal} follows ${refused.ordinal}`
      )
    }
    if (attempt.ordinal === 1 && this.#on.databaseNow() >= expiresAt) {
      throw this.#on.breaks(
        "what has expired is not charged",
        `attempt ${attempt.ordinal} is written after its session's time`
      )
    }
    if (attempt.money.amount !== money.amount || attempt.money.currency !== money.currency) {
      throw this.#on.breaks("an attempt is for what was declared", `it asks for ${attempt.money.amount}`)
    }
  }

  #stateHolds(row: SessionRow): void {
    const { id, money } = row.declaration
    switch (row.state) {
      case "settled": {
        const paid = this.#on.books.moved(id, this.#on.now).filter(({ amount }) => amount === money.amount)
        if (paid.length === 0)
          throw this.#on.breaks("settled is what was paid in full", "no gateway has the money")
        return
      }
      case "cancelled":
      case "expired":
      case "pending":
        for (const key of this.#on.sent.get(id) ?? [])
          this.#on.mustBeDeclined(key, `the session is ${row.state}`)
        return
      case "failed":
        if (row.attempts.every(({ state }) => state === "declined") && row.round < 5) {
          throw this.#on.breaks(
            "nothing fails without evidence",
            "its attempts were declined, and the customer may try again"
          )
        }
        return
      case "processing":
      case "in_review":
    }
  }
}
