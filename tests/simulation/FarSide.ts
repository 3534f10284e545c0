import { Duration } from "effect"
import type { Books, Charge, GivenBack } from "./Books.ts"
import type { Laws } from "./laws.ts"
import type { World } from "./World.ts"

/** How long the driver of `stub_a` waits for an answer. */
export const deadline = Duration.seconds(5)
export const absenceHorizon = Duration.minutes(15)

/** What the gateways of a history share: their books, and who is told when money moved. */
export interface FarSide {
  readonly world: World
  readonly books: Books
  readonly laws: Laws
  /** Money goes back in this history. */
  readonly givesBack: boolean
  /** The gateway has something to tell of a charge. */
  readonly webhook: (charge: Charge, after: number) => void
  /** It has something to tell of a refund. */
  readonly refundWebhook: (back: GivenBack, after: number, said?: "failed") => void
}
