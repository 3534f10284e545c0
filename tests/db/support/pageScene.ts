import { openRefund, paid, recordRefund } from "./refundScene.ts"
import { attempt, captured, declare, open, outcome, record } from "./scene.ts"
import { saysCaptured } from "./webhookScene.ts"

// Statements that set a scene of calls for a person.

/** Raises what is due, with so many milliseconds of patience. */
export const raise = (patienceMs = 0): string =>
  `select raise_pages('{"limit": 1000, "patienceMs": ${patienceMs}}')`

/** A refund of a session of its own, in review. */
export const refundDue = (nr: number): ReadonlyArray<string> => [
  ...paid(nr),
  openRefund(nr),
  recordRefund(nr, 1, outcome.indeterminate)
]

/** An attempt in review, and one whose money moved late. */
export const due = (nr: number): ReadonlyArray<string> => [
  declare(nr),
  open(nr),
  record(nr, 1, outcome.indeterminate),
  declare(nr + 1),
  open(nr + 1),
  record(nr + 1, 1, outcome.declined),
  record(nr + 1, 1, captured(`late_${nr + 1}`))
]

/** A declined attempt of which a webhook says that it took money, which its processor does not show. */
export const unheardCapture = (nr: number): ReadonlyArray<string> => [
  declare(nr),
  open(nr),
  record(nr, 1, { ...outcome.declined, processorReference: `pi_${nr}` }),
  saysCaptured(attempt(nr, 1)),
  `update webhook_inbox set trouble = 'failed', problem = 'charge_contradicted: no' where event_id = 'msg_of_${attempt(nr, 1)}'`
]

/** A row in every table. */
export const everyPageTable: ReadonlyArray<string> = [raise()]
