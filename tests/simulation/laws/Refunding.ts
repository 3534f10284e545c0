import type { Refund, RefundState } from "../../../src/kernel/refunds/Refund.ts"
import type { RefundRow, SessionRow, Store } from "../../../src/layers/memory/Store.ts"
import type { StubRequest } from "../../../src/layers/providers/stub/wire.ts"
import { type GivenBack, isGone } from "../Books.ts"
import type { Ground } from "./Ground.ts"

type Sent = Extract<StubRequest, { readonly _tag: "Refund" | "Void" }>

/** How long a permit may be used after its row was committed, in milliseconds. */
const permitLife = 2_000

/** The longest time in which a gateway may still turn up a refund, in milliseconds. */
const horizon = 15 * 60_000

/** What may go back, be called given back, and be told. */
export class Refunding {
  /** When each refund's row was committed, and what it said when it was looked at last. */
  readonly #writtenAt = new Map<string, number>()
  readonly #seen = new Map<string, RefundState>()
  readonly #booked = new Map<string, number>()
  readonly #claimed = new Set<string>()
  readonly #sent = new Set<string>()
  readonly #deniedAt = new Map<string, number>()
  /** Which refund each key of a caller stands for. */
  readonly #toldOf = new Map<string, string>()
  readonly #asked = new Map<string, Set<string>>()
  readonly #answered: Array<{ readonly back: GivenBack; readonly proof: "Refunded" | "Declined" }> = []
  readonly #on: Ground

  constructor(on: Ground) {
    this.#on = on
  }

  /** The last moment before bytes leave. */
  beforeSend(sent: Sent, gateway: string): void {
    const { idempotencyKey: key, mid, chargeReference } = sent
    const [row, refund] = this.#rowOf(key)
    if (row === undefined || refund === undefined)
      throw this.#on.breaks("nothing is sent before its row is committed", `${key} goes to ${gateway}`)
    if (
      refund.provider !== gateway ||
      refund.mid !== mid ||
      refund.processorReference !== chargeReference ||
      (sent._tag === "Void") !== (refund.kind === "void")
    ) {
      throw this.#on.breaks(
        "a refund goes to the charge that it was written for",
        `${key} goes to ${chargeReference} of ${mid} at ${gateway}`
      )
    }
    if (sent._tag === "Refund" && sent.amount !== refund.money.amount)
      throw this.#on.breaks("what is sent is what was written", `${key} gives ${sent.amount} back`)
    if (this.#sent.has(key)) throw this.#on.breaks("no refund is sent twice", `${key} is sent again`)
    const age = this.#on.now - (this.#writtenAt.get(refund.id) ?? 0)
    if (age > permitLife)
      throw this.#on.breaks("an old permit is not used", `${key} is sent ${age} ms after its row`)
    for (const earlier of row.refunds) {
      if (earlier !== refund && isOfSame(earlier, refund) && this.#sent.has(earlier.idempotencyKey))
        this.#mustBeKnown(earlier, key)
    }
    this.#isWithin(refund)
    this.#sent.add(key)
  }

  /** Money that may still be on its way is waited for. */
  #mustBeKnown(earlier: RefundRow, key: string): void {
    const back = this.#on.books.backByKey(earlier.idempotencyKey)
    const known =
      back === undefined
        ? this.#wasDenied(earlier)
        : back.verdict === "declined" ||
          back.movesAt === undefined ||
          back.movesAt <= this.#on.now ||
          this.#wasDenied(earlier)
    if (!known) {
      throw this.#on.breaks(
        "nothing is given back while nobody knows what became of the last",
        `${key} is sent although ${earlier.idempotencyKey} may still be on its way`
      )
    }
  }

  /** What our refunds took out of the charge and what this one takes is no more than it captured. */
  #isWithin({ mid, processorReference, money, idempotencyKey }: RefundRow): void {
    const charge = this.#on.books.captured(mid, processorReference, this.#on.now)
    if (charge === undefined) {
      throw this.#on.breaks(
        "money is given back only where it was captured",
        `${idempotencyKey} is of ${processorReference}, which no gateway captured`
      )
    }
    const gone = this.#on.books
      .backOf(mid, processorReference)
      .filter((back) => back.verdict === "refunded" && isGone(back, this.#on.now) && this.#isOurs(back))
      .reduce((sum, { amount }) => sum + amount, 0)
    if (gone + money.amount > charge.amount) {
      throw this.#on.breaks(
        "no more is given back than was captured",
        `${idempotencyKey} gives ${money.amount} back after ${gone} of ${charge.amount}`
      )
    }
  }

  /** Asked for by us, and not denied by its gateway past the horizon: the stated limit of what anybody can know. */
  #isOurs({ key }: GivenBack): boolean {
    const [, refund] = this.#rowOf(key ?? "")
    return refund !== undefined && !this.#wasDenied(refund)
  }

  /** The gateway denied it after its horizon. */
  #wasDenied({ id, idempotencyKey, kind, mid, processorReference }: RefundRow): boolean {
    const name = kind === "void" ? `${mid} void_${processorReference}` : idempotencyKey
    const denied = this.#deniedAt.get(name) ?? 0
    return denied - (this.#writtenAt.get(id) ?? 0) >= horizon
  }

  /** A gateway said that it knows no such refund. */
  onDenied(name: string): void {
    this.#deniedAt.set(name, this.#on.now)
  }

  /** Who sent it is still listening, and got this answer. */
  onAnswer(back: GivenBack, text: string): void {
    const code = /"code":"(\w+)"/.exec(text)?.[1]
    if (code === "pending" || code === "duplicate_transaction") return
    this.#answered.push({ back, proof: code === "refunded" || code === "voided" ? "Refunded" : "Declined" })
  }

  /** Somebody outside asks for money back: under a key, or under a name of its own for a request without one. */
  onAsked(session: string, request: string): void {
    this.#asked.set(session, (this.#asked.get(session) ?? new Set()).add(request))
  }

  /** Somebody outside was answered. */
  onTold(refund: Refund, key: string | undefined): void {
    const { id, idempotencyKey, state } = refund
    if (key !== undefined) {
      const before = this.#toldOf.get(key) ?? id
      this.#toldOf.set(key, before)
      if (before !== id)
        throw this.#on.breaks("a key of a refund stands for one", `${key} was ${before} and is ${id}`)
    }
    const back = this.#on.books.backByKey(idempotencyKey)
    if (state === "refunded" && (back?.movesAt === undefined || back.movesAt > this.#on.now))
      throw this.#on.breaks("nobody is told refunded while the money is not on its way", `${id} is not`)
    if (state === "declined") this.#mustBeRefused(refund, "somebody is told")
  }

  #mustBeRefused({ id, idempotencyKey }: Pick<RefundRow, "id" | "idempotencyKey">, but: string): void {
    const back = this.#on.books.backByKey(idempotencyKey)
    const failed = back?.failsAt !== undefined && back.failsAt <= this.#on.now
    if (back?.verdict === "declined" || failed) return
    throw this.#on.breaks(
      "a refund is declined when its gateway refused it",
      `${but} that ${id} was declined, and ${back === undefined ? "nobody knows" : "it was not"}`
    )
  }

  /** After every statement that was done. */
  afterStatement(store: Store): void {
    for (const row of store.sessions.values()) {
      for (const refund of row.refunds) this.#refundHolds(row, refund)
      const booked = this.#booked.get(row.declaration.id) ?? 0
      for (const line of row.returns.slice(booked)) this.#lineHolds(line)
      this.#booked.set(row.declaration.id, row.returns.length)
      this.#claimHolds(row)
    }
  }

  #refundHolds(row: SessionRow, refund: RefundRow): void {
    const before = this.#seen.get(refund.id)
    if (before === refund.state) return
    this.#seen.set(refund.id, refund.state)
    if (before === undefined) {
      this.#writtenAt.set(refund.id, this.#on.now)
      if (row.attempts.some(({ state }) => state === "in_flight" || state === "indeterminate")) {
        throw this.#on.breaks(
          "nothing is given back while a charge is in review",
          `${refund.id} is written while nobody knows what became of a charge`
        )
      }
    }
    const back = this.#on.books.backByKey(refund.idempotencyKey)
    switch (refund.state) {
      case "refunded":
        if (back?.movesAt === undefined || back.movesAt > this.#on.now) {
          throw this.#on.breaks("refunded is what the gateway gave back", `${refund.id} was not`)
        }
        return
      case "declined":
        return this.#mustBeRefused(refund, "it is recorded")
      case "absent":
        if (!this.#wasDenied(refund)) {
          throw this.#on.breaks(
            "a refund is absent when its gateway denied it after its horizon",
            `${refund.id} was not`
          )
        }
        return
      case "taken_back":
        if (back?.failsAt === undefined || back.failsAt > this.#on.now)
          throw this.#on.breaks("what is taken back did not arrive", `${refund.id} did`)
        return
      case "in_flight":
      case "indeterminate":
    }
  }

  /** A line of the books is of what a gateway gave back, and of that charge. */
  #lineHolds({
    mid,
    refundReference,
    processorReference,
    amount,
    refund
  }: SessionRow["returns"][number]): void {
    const back = this.#on.books
      .backOf(mid, processorReference)
      .find((one) => one.reference === refundReference && one.movesAt !== undefined)
    const [, ours] = this.#rowOf(back?.key ?? "")
    // Who was denied, or refused, and went back all the same is known by its name alone: nobody is told its key.
    const isGivenUp = ours?.state === "absent" || ours?.state === "declined"
    const isBooked = refund === ours?.id || (refund === undefined && isGivenUp)
    if (back === undefined || back.amount !== Math.abs(amount) || !isBooked) {
      throw this.#on.breaks(
        "what went back is booked to the charge and the refund that it is of",
        `${refundReference} of ${amount} is booked to ${processorReference} and ${refund ?? "nobody"}`
      )
    }
  }

  /** Goods leave for money that is there: of what we asked back, something is left, or nothing was asked. */
  #claimHolds({ declaration: { id, money }, fulfilment, facts }: SessionRow): void {
    if (fulfilment !== "claimed" || this.#claimed.has(id)) return
    this.#claimed.add(id)
    const { now, books } = this.#on
    const paying = facts.filter(({ amount }) => amount >= money.amount)
    const left = paying.some(({ mid, processorReference, amount }) => {
      const gone = books
        .backOf(mid, processorReference)
        .filter((back) => back.verdict === "refunded" && isGone(back, now) && this.#isOurs(back))
        .reduce((sum, back) => sum + back.amount, 0)
      return gone < amount
    })
    if (paying.length > 0 && !left)
      throw this.#on.breaks(
        "goods do not leave for money that went back",
        `${id} is given out, and all of it is gone`
      )
  }

  /** Whether our records still want to know what became of it. */
  isAskedFor({ key = "" }: GivenBack): boolean {
    const [, refund] = this.#rowOf(key)
    return refund?.state === "in_flight" || refund?.state === "indeterminate"
  }

  /** Whether our records know all that became of a refund at its gateway. A void that was refused has no name of its own. */
  isRecorded(back: GivenBack): boolean {
    const { mid, chargeReference, reference, amount, movesAt, failsAt, operation } = back
    if (operation === "void" && movesAt === undefined) return true
    const expected = movesAt === undefined || failsAt !== undefined ? 0 : amount
    let booked = 0
    for (const { returns } of this.#on.store.sessions.values()) {
      for (const line of returns) {
        if (
          line.mid === mid &&
          line.processorReference === chargeReference &&
          line.refundReference === reference
        )
          booked += line.amount
      }
    }
    return booked === expected
  }

  /** When all faults are over, every process runs and everybody has asked once more. */
  afterHealing(isOrphaned: boolean, wasDelivered: (session: string, type: string) => boolean): void {
    for (const back of this.#on.books.givenBack) {
      if (back.session !== "" && !this.isRecorded(back)) {
        throw this.#on.breaks(
          "what went back is in our records",
          `${back.reference} of ${back.amount} is booked otherwise`
        )
      }
    }
    for (const { declaration, refunds, incidents, refundEvidence } of this.#on.store.sessions.values()) {
      const { id: session } = declaration
      if (refunds.length > (this.#asked.get(session)?.size ?? 0))
        throw this.#on.breaks("one request gives back once", `${session} has ${refunds.length} refunds`)
      if (!isOrphaned && refundEvidence.some(({ source }) => source === "takeover"))
        throw this.#on.breaks("nobody takes a refund over from the living", `one of ${session} was`)
      for (const { id, state, attempt } of refunds) {
        if (state === "refunded" && !wasDelivered(session, "payment.refunded.v1"))
          throw this.#on.breaks("what went back is told to the world", `${id}, and no consumer heard`)
        const forPeople = incidents.some((one) => one.attempt === attempt)
        if ((state === "in_flight" || state === "indeterminate") && !forPeople)
          throw this.#on.breaks("every refund is found out", `${id} is ${state}`)
      }
    }
    if (!isOrphaned) for (const { back, proof } of this.#answered) this.#isWrittenDown(back, proof)
  }

  #isWrittenDown({ key = "" }: GivenBack, proof: string): void {
    const [row, refund] = this.#rowOf(key)
    const kept = row?.refundEvidence.some(
      (heard) => heard.refund === refund?.id && heard.source === "driver" && heard.outcome._tag === proof
    )
    if (kept !== true)
      throw this.#on.breaks(
        "what a processor said of a refund is written down",
        `its answer to ${key} is not`
      )
  }

  #rowOf(key: string): readonly [SessionRow | undefined, RefundRow | undefined] {
    for (const row of this.#on.store.sessions.values()) {
      const refund = row.refunds.find(({ idempotencyKey }) => idempotencyKey === key)
      if (refund !== undefined) return [row, refund]
    }
    return [undefined, undefined]
  }
}

const isOfSame = (a: RefundRow, b: RefundRow): boolean =>
  a.mid === b.mid && a.processorReference === b.processorReference
