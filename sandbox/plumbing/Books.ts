import { Schema } from "effect"
import type { Collection, Store } from "./Store.ts"

/**
 * One line in the books of a gateway: money that moved. Lines are added, never changed.
 *
 * captured, paid out of the books again: refunded, voided, disputed; and given back to the merchant once more:
 * refund_failed, dispute_reinstated. credited is money sent to a card without a charge before it.
 */
export const Movement = Schema.Struct({
  line: Schema.Int,
  /** Epoch milliseconds, by the emulators' clock. */
  at: Schema.Finite,
  account: Schema.String,
  kind: Schema.Literals([
    "captured",
    "refunded",
    "voided",
    "disputed",
    "refund_failed",
    "dispute_reinstated",
    "credited"
  ]),
  /** The charge that the line is about: a PaymentIntent, or the id of the sale. */
  reference: Schema.String,
  /** What moved it: a charge, a refund, a dispute, a transaction. */
  movement: Schema.String,
  /** What the merchant calls it: metadata[attempt_id] at Stripe, orderid at NMI; empty if there is none. */
  order: Schema.String,
  /** The Idempotency-Key of the request, where there is such a thing. */
  idempotencyKey: Schema.String,
  /** Minor units. */
  amount: Schema.Int,
  /** Lower case. */
  currency: Schema.String,
  last4: Schema.String,
  fingerprint: Schema.String
})
export type Movement = typeof Movement.Type

/** Everything that moved at a gateway, and what it comes to. No card numbers. */
export interface BooksSnapshot {
  readonly gateway: string
  readonly movements: ReadonlyArray<Movement>
  /** By charge: what was taken and what is left of it. Minor units. */
  readonly charges: ReadonlyArray<{
    readonly reference: string
    readonly account: string
    readonly order: string
    readonly currency: string
    readonly captured: number
    readonly left: number
  }>
}

const sign: Readonly<Record<Movement["kind"], 1 | -1 | 0>> = {
  captured: 1,
  refund_failed: 1,
  dispute_reinstated: 1,
  refunded: -1,
  voided: -1,
  disputed: -1,
  credited: 0
}

/** What really moved at a gateway, whatever it says on the wire. */
export class Books {
  readonly #gateway: string
  readonly #lines: Collection<Movement>

  constructor(gateway: string, store: Store) {
    this.#gateway = gateway
    this.#lines = store.collection("books", Movement)
  }

  write(movement: Omit<Movement, "line">): void {
    const line = this.#lines.all().length + 1
    this.#lines.put(String(line), { line, ...movement })
  }

  snapshot(): BooksSnapshot {
    const movements = this.#lines.all()
    const captures = movements.filter(({ kind }) => kind === "captured")
    return {
      gateway: this.#gateway,
      movements,
      charges: [...new Map(captures.map((line) => [line.reference, line])).values()].map((first) => ({
        reference: first.reference,
        account: first.account,
        order: first.order,
        currency: first.currency,
        captured: captures
          .filter(({ reference }) => reference === first.reference)
          .reduce((sum, { amount }) => sum + amount, 0),
        left: movements
          .filter(({ reference }) => reference === first.reference)
          .reduce((sum, { kind, amount }) => sum + sign[kind] * amount, 0)
      }))
    }
  }
}
