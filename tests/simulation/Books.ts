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

/** The books of all gateways: the truth about money, whatever our records say. */
export class Books {
  readonly charges: Array<Charge> = []

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
}
