import { Duration } from "effect"
import { setting } from "../../../settings/setting.ts"
import { ServiceOrigin } from "../../transport/ServiceOrigin.ts"

/** How long the driver waits for what. */
export interface NmiTimings {
  /** The answer to a sale of a card that NMI itself keeps, to a refund and to a void. */
  readonly transactDeadline: Duration.Duration
  /** The answer to a query. */
  readonly queryDeadline: Duration.Duration
  /** How long an account that was seen to charge for real is taken to do so. */
  readonly testModeTrust: Duration.Duration
  /**
   * How long after the write-ahead a charge may still turn up. NMI says nowhere how fresh its queries are, so this is
   * several times what others wait, and as long as its own check for duplicates.
   */
  readonly absenceHorizon: Duration.Duration
}

export const defaultTimings: NmiTimings = {
  transactDeadline: Duration.seconds(30),
  queryDeadline: Duration.seconds(6),
  testModeTrust: Duration.minutes(1),
  absenceHorizon: Duration.minutes(20)
}

/**
 * Where NMI is; white labels and sandbox accounts have hosts of their own. Its accounts bring their keys with them,
 * so a process without any needs no setting.
 */
export const nmiOrigin = setting("NMI_ORIGIN", ServiceOrigin, {
  standard: "https://secure.nmi.com",
  sets: "where NMI is: white labels and sandbox accounts have hosts of their own"
})
