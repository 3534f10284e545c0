import type { Currency } from "../../src/kernel/Money.ts"

/** A charge as it arrived at a gateway, and what became of it. Money counts from `movesAt` on. */
export interface Charge {
  readonly session: string
  readonly ordinal: number
  readonly key: string
  readonly gateway: string
  readonly mid: string
  readonly asked: { readonly amount: number; readonly currency: Currency }
  readonly arrivedAt: number
  /** What the gateway made of it; a decline may still be captured later, when the gateway lied. */
  readonly verdict: "captured" | "declined"
  readonly code: string
  readonly reference: string
  /** Minor units that it captures. */
  readonly amount: number
  /** When the money moves; never, if it declined and keeps to it. */
  readonly movesAt: number | undefined
  /** Until its money moves the gateway itself does not know of it. */
  readonly hidden: boolean
}

/** It declined, and captures all the same. */
export const isLie = ({ verdict, movesAt }: Charge): boolean =>
  verdict === "declined" && movesAt !== undefined

/** Money of a charge that goes back, as somebody asked a gateway for it. It counts from `movesAt` on, and no more from `failsAt` on. */
export interface GivenBack {
  readonly session: string
  /** The key that it was asked for with; nothing: somebody gave it back at the gateway itself. */
  readonly key: string | undefined
  readonly operation: "refund" | "void"
  readonly gateway: string
  readonly mid: string
  /** The charge that it is of. */
  readonly chargeReference: string
  readonly arrivedAt: number
  readonly verdict: "refunded" | "declined"
  readonly code: string
  readonly reference: string
  readonly amount: number
  readonly currency: Currency
  readonly movesAt: number | undefined
  /** When it turns out that it did not arrive. */
  readonly failsAt: number | undefined
  /** Until its money moves the gateway itself does not know of it. */
  readonly hidden: boolean
}

/** It refused, and gives back all the same. */
export const isGivenBackAgainstItsWord = ({ verdict, movesAt }: GivenBack): boolean =>
  verdict === "declined" && movesAt !== undefined

/** Whether the money is with the customer at a time. */
export const isGone = ({ movesAt, failsAt }: GivenBack, now: number): boolean =>
  movesAt !== undefined && movesAt <= now && (failsAt === undefined || failsAt > now)

/** The books of all gateways: the truth about money, whatever our records say. */
export class Books {
  readonly charges: Array<Charge> = []
  readonly givenBack: Array<GivenBack> = []
  /** Until when a charge is voided and not refunded, by its key. */
  readonly settlesAt = new Map<string, number>()

  of(session: string): ReadonlyArray<Charge> {
    return this.charges.filter((charge) => charge.session === session)
  }

  byKey(key: string): Charge | undefined {
    return this.charges.find((charge) => charge.key === key)
  }

  /** Money of a session that has moved by a time. */
  moved(session: string, by: number): ReadonlyArray<Charge> {
    return this.of(session).filter(({ movesAt }) => movesAt !== undefined && movesAt <= by)
  }

  /** A charge that took money, by the gateway's own name for it: of several of one name the largest. */
  captured(mid: string, reference: string, by: number): Charge | undefined {
    return this.named(mid, reference, by).reduce<Charge | undefined>(
      (found, charge) => (found === undefined || charge.amount > found.amount ? charge : found),
      undefined
    )
  }

  /** All that took money under one name: more than one only where a gateway gave a name twice. */
  named(mid: string, reference: string, by: number): ReadonlyArray<Charge> {
    return this.charges.filter(
      (charge) =>
        charge.mid === mid &&
        charge.reference === reference &&
        charge.movesAt !== undefined &&
        charge.movesAt <= by
    )
  }

  backOf(mid: string, chargeReference: string): ReadonlyArray<GivenBack> {
    return this.givenBack.filter((back) => back.mid === mid && back.chargeReference === chargeReference)
  }

  backByKey(key: string): GivenBack | undefined {
    return this.givenBack.find((back) => back.key === key)
  }
}
