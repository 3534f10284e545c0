import { refundableOf } from "../../../src/layers/memory/refunds/sums.ts"
import type { SessionRow } from "../../../src/layers/memory/Store.ts"
import type { Charge } from "../Books.ts"
import { faultKinds } from "../faults.ts"
import type { Ground } from "./Ground.ts"
import type { Answers } from "./Answers.ts"
import type { Refunding } from "./Refunding.ts"

/** What must be true when all faults are over, every process runs and everybody has asked once more. */
export class Healing {
  readonly #answered: Array<{ readonly charge: Charge; readonly proof: "Captured" | "Declined" }> = []
  readonly #on: Ground
  readonly #answers: Answers
  readonly #refunds: Refunding

  constructor(on: Ground, answers: Answers, refunds: Refunding) {
    this.#on = on
    this.#answers = answers
    this.#refunds = refunds
  }

  /** A driver that is still listened to got this answer. */
  onAnswer(charge: Charge, text: string): void {
    const proof = /"code":"(approved|do_not_honor|stolen_card)".*\}$/.exec(text)?.[1]
    if (proof !== undefined)
      this.#answered.push({ charge, proof: proof === "approved" ? "Captured" : "Declined" })
  }

  /** When all faults are over, every process runs and everybody has asked once more. */
  afterHealing(fired: ReadonlyArray<string>): void {
    const quiet = fired.length === 0
    const orphaned = isOrphaning(fired)
    if (!orphaned) this.#nobodyIsOrphaned()
    this.#refunds.afterHealing(orphaned, (session, type) => this.#answers.wasDelivered(session, type))
    for (const charge of this.#on.books.charges) this.#isRecorded(charge)
    for (const fact of this.#on.store.facts.values()) {
      const { mid, processorReference, amount } = fact
      const booked = this.#on.books.charges.some(
        (charge) =>
          charge.mid === mid &&
          charge.reference === processorReference &&
          charge.amount === amount &&
          charge.movesAt !== undefined
      )
      if (!booked)
        throw this.#on.breaks(
          "our records equal the gateways' books",
          `no gateway knows ${processorReference}`
        )
    }
    for (const row of this.#on.store.sessions.values()) this.#isResolved(row, quiet)
  }

  /** Where processes live and statements are done, drivers record what they hear. */
  #nobodyIsOrphaned(): void {
    for (const { evidence, declaration } of this.#on.store.sessions.values()) {
      if (evidence.some(({ source }) => source === "takeover")) {
        throw this.#on.breaks("nobody takes over from the living", `an attempt of ${declaration.id} was`)
      }
    }
    for (const { charge, proof } of this.#answered) {
      const row = this.#on.rowOf(charge.session)
      const { attempt } = row?.attempts.find(({ ordinal }) => ordinal === charge.ordinal) ?? {}
      const kept = row?.evidence.some(
        (heard) => heard.attempt === attempt && heard.source === "driver" && heard.outcome._tag === proof
      )
      if (kept !== true)
        throw this.#on.breaks("what a processor said is written down", `its answer to ${charge.key} is not`)
    }
  }

  #isRecorded(charge: Charge): void {
    if (charge.movesAt === undefined) return
    const { session, mid, reference, ordinal } = charge
    const row = this.#on.rowOf(session)
    const attempt = row?.attempts.find((one) => one.ordinal === ordinal)?.attempt
    const fact = row?.facts.some(
      (one) =>
        one.mid === mid &&
        one.processorReference === reference &&
        one.attempt === attempt &&
        one.amount === charge.amount
    )
    if (fact === true) return
    // A capture under another one's name cannot be booked; a person has been told.
    const told = row?.incidents.some((one) => one.attempt === attempt && one.processorReference === reference)
    if (told !== true)
      throw this.#on.breaks(
        "our records equal the gateways' books",
        `${charge.key} captured ${charge.amount}, and we do not know`
      )
  }

  #isResolved(row: SessionRow, quiet: boolean): void {
    const { id, money } = row.declaration
    const { state } = row
    const asked = this.#answers.asked(id)
    if (row.round > asked) {
      throw this.#on.breaks(
        "one request charges once",
        `${id} was charged in ${row.round} rounds for ${asked} requests`
      )
    }
    if (state === "processing") throw this.#on.breaks("everything heals", `${id} is still processing`)
    if (state === "in_review" && row.incidents.length === 0) {
      throw this.#on.breaks("everything heals", `${id} is in review, and no person has been told why`)
    }
    const settling =
      state === "settled" ? row.attempts.find((one) => one.state === "captured")?.attempt : undefined
    for (const fact of row.facts) {
      const settles = fact.attempt === settling && fact.amount === money.amount
      const told = row.incidents.some(
        (one) => one.attempt === fact.attempt && one.processorReference === fact.processorReference
      )
      if (!settles && !told)
        throw this.#on.breaks("every surplus is found", `${fact.processorReference} has no incident`)
    }
    if (state === "settled") {
      // A charge of less than was declared pays for nothing.
      const pays = row.facts.some(
        (fact) =>
          fact.currency === money.currency && fact.amount >= money.amount && refundableOf(row, fact) > 0
      )
      if (!this.#answers.isOwned(id) && pays)
        throw this.#on.breaks("what is paid is fulfilled", `${id} was given to nobody`)
      if (!this.#answers.wasDelivered(id, "payment.charged.v1")) {
        throw this.#on.breaks("what happened is told to the world", `${id} was paid, and no consumer heard`)
      }
    }
    if (quiet) this.#isPlain(row)
  }

  /** Where nothing goes wrong, nothing is in doubt. */
  #isPlain(row: SessionRow): void {
    const { id } = row.declaration
    const paid = this.#on.books.moved(id, this.#on.now).length > 0
    const expected = paid
      ? row.state === "settled"
      : row.state === "pending" || row.state === "failed" || row.state === "expired"
    const doubts = row.evidence.some(
      ({ outcome }) => outcome._tag === "Indeterminate" || outcome._tag === "Absent"
    )
    if (!expected || doubts || row.incidents.length > 0) {
      throw this.#on.breaks("without faults everything is plain", `${id} is ${row.state}`)
    }
  }
}

/** Whether a process may have been kept from recording: by a fault that does so at once, or by many small ones. */
const isOrphaning = (fired: ReadonlyArray<string>): boolean => {
  const kinds = fired.map((fault) => fault.slice(0, fault.indexOf("#")))
  const small = kinds.filter(
    (kind) =>
      kind === "C lost" ||
      kind === "deadlock at C" ||
      kind === "ack of C lost" ||
      kind === "C of a refund lost"
  )
  return small.length > 3 || kinds.some((kind) => orphans.has(kind))
}

const orphans: ReadonlySet<string> = new Set(
  Object.entries(faultKinds).flatMap(([name, { orphans: does }]) => (does ? [name] : []))
)
