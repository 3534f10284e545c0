import type { ConfirmOutcome } from "../../../src/kernel/PaymentOrchestrator.ts"
import type { SessionState } from "../../../src/kernel/PaymentSession.ts"
import type { SessionRow } from "../../../src/layers/memory/Store.ts"
import { isLie } from "../Books.ts"
import type { Ground } from "./Ground.ts"

/** What an app or a customer was told of a session. */
export interface Told {
  readonly session: string
  readonly state: SessionState
  readonly outcome?: ConfirmOutcome
  /** Nobody else was confirming the session meanwhile, so the answer speaks of all its charges. */
  readonly alone: boolean
  /** Of a confirmation: what was asked. */
  readonly key?: string | undefined
  readonly tokenRef?: string
}

/** What people may be told. */
export class Answers {
  /** How often each session may have been asked to be charged: keys, and requests without one. */
  readonly #asked = new Map<string, Set<string>>()
  /** Which round of its session each key opened, and with which card. */
  readonly #roundOf = new Map<string, { readonly round: number; readonly tokenRef: unknown }>()
  readonly #firsts = new Set<string>()
  readonly #owned = new Set<string>()
  readonly #delivered = new Map<string, number>()
  readonly #on: Ground

  constructor(on: Ground) {
    this.#on = on
  }

  /** Somebody outside asks for a charge: under a key, or under a name of its own for a request without one. */
  onAsked(session: string, request: string): void {
    const asked = this.#asked.get(session) ?? new Set()
    this.#asked.set(session, asked.add(request))
  }

  /** How often a session may have been asked to be charged. */
  asked(session: string): number {
    return this.#asked.get(session)?.size ?? 0
  }

  /** A session is charged anew: whoever's key is new with it asked for that. */
  noteRound({ declaration: { id }, round }: SessionRow): void {
    for (const { operation, session, key, body } of this.#on.store.keys.values()) {
      const name = `${id} ${key}`
      if (operation !== "confirm" || session !== id || this.#roundOf.has(name)) continue
      this.#roundOf.set(name, { round, tokenRef: tokenOf(body) })
    }
  }

  /** Somebody outside was answered. */
  onTold({ session, state, outcome, alone, key, tokenRef }: Told): void {
    const { now } = this.#on
    if (key !== undefined) this.#isOf(session, key, tokenRef, outcome)
    const row = this.#on.rowOf(session)
    if (state === "settled" || outcome === "settled") {
      const paid = this.#on.books
        .moved(session, now)
        .some(({ amount }) => amount === row?.declaration.money.amount)
      if (!paid) throw this.#on.breaks("nobody is told settled without the money", `${session} was not paid`)
    }
    const denied =
      outcome === "declined" ||
      outcome === "failed" ||
      state === "cancelled" ||
      state === "expired" ||
      state === "failed"
    if (!denied) return
    // What moves after its gateway denied it past the horizon is the stated limit of what anybody can know.
    const paid = this.#on.books
      .moved(session, now)
      .filter(
        (charge) => !isLie(charge) && (charge.movesAt ?? 0) <= (this.#on.deniedAt.get(charge.key) ?? now)
      )
    if (alone && paid.length > 0) {
      throw this.#on.breaks(
        "nobody whose money moved is told that it did not",
        `${session} was told ${outcome ?? state}, and ${paid.map((charge) => charge.key).join(", ")} was captured`
      )
    }
    if (alone && outcome === "declined") {
      for (const sent of this.#on.sent.get(session) ?? [])
        this.#on.mustBeDeclined(sent, "the customer is told declined")
    }
  }

  /** A key stands for one request, and what is told under it is what became of that one. */
  #isOf(
    session: string,
    key: string,
    tokenRef: string | undefined,
    outcome: ConfirmOutcome | undefined
  ): void {
    const round = this.#roundOf.get(`${session} ${key}`)
    if (round === undefined) return
    if (round.tokenRef !== tokenRef) {
      throw this.#on.breaks(
        "a key stands for one request",
        `${key} was for ${round.tokenRef} and is answered for ${tokenRef}`
      )
    }
    if (outcome !== "declined") return
    for (const attempt of this.#on.rowOf(session)?.attempts ?? []) {
      if (attempt.round === round.round)
        this.#on.mustBeDeclined(attempt.idempotencyKey, "the customer is told declined")
    }
  }

  /** The gate gave an answer to a claim. */
  onClaim(session: string, fulfilment: "first" | "duplicate", ownClaim: boolean): void {
    if (fulfilment === "duplicate") {
      if (ownClaim) this.#owned.add(session)
      return
    }
    if (this.#firsts.has(session))
      throw this.#on.breaks("a session is fulfilled once", `${session} was given out again`)
    this.#firsts.add(session)
    this.#owned.add(session)
    const paid = this.#on.books.moved(session, this.#on.now)
    if (!paid.some(({ amount }) => amount === this.#on.rowOf(session)?.declaration.money.amount)) {
      throw this.#on.breaks("only what was paid in full is fulfilled", `${session} was not`)
    }
  }

  /** Some worker knows that it is the one to fulfil. */
  isOwned(session: string): boolean {
    return this.#owned.has(session)
  }

  wasDelivered(session: string, type: string): boolean {
    return (this.#delivered.get(`${session} ${type}`) ?? 0) > 0
  }

  /** A consumer was told of an event. */
  onEvent(session: string, type: string): void {
    const key = `${session} ${type}`
    this.#delivered.set(key, (this.#delivered.get(key) ?? 0) + 1)
  }
}

const tokenOf = (body: unknown): unknown => {
  if (typeof body !== "object" || body === null || !("vaultToken" in body)) return undefined
  const { vaultToken } = body
  return typeof vaultToken === "object" && vaultToken !== null && "tokenRef" in vaultToken
    ? vaultToken.tokenRef
    : undefined
}
