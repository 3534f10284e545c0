import * as r from "../support/refundScene.ts"
import * as s from "../support/scene.ts"
import { owners, type Prohibition, type Race } from "./Race.ts"
import * as scenes from "./scenes.ts"

// What the races about money that goes back begin with.

export const id = (nr: number, ordinal = 1): string => `refund_id = '${r.refund(nr, ordinal)}'`
export const ours = (nr: number, table = "refunds"): string => `${table} where ${scenes.ours(nr)}`

/** A second capture of a session, as an incident leaves it. */
export const paidTwice = (nr: number): ReadonlyArray<string> => [
  ...r.paid(nr),
  s.insert("captures", s.captureRow(nr, 1, { processor_reference: `by hand ${nr} 2` }))
]

export const open = (nr: number): ReadonlyArray<string> => [...r.paid(nr), r.openRefund(nr, { amount: 100 })]
export const back = (nr: number): ReadonlyArray<string> => [
  ...open(nr),
  r.recordRefund(nr, 1, r.refunded(`re_${nr}`, 100))
]
export const disputed = (nr: number): ReadonlyArray<string> => [...r.paid(nr), r.heardOfDispute(nr, "open")]

export const heard = (nr: number, at: number, outcome: string, ordinal = 1): string =>
  `insert into refund_evidence (refund_id, nr, source, outcome, detail)
    values ('${r.refund(nr, ordinal)}', ${at}, 'lookup', '${outcome}', '{"outcome": "${outcome}", "nr": ${at}}')`

export const race = (
  drops: ReadonlyArray<Prohibition>,
  law: string,
  given: Race["given"],
  does: (nr: number, worker: number) => string | ReadonlyArray<string>,
  broken: Race["broken"],
  because?: string
): Race => ({
  drops,
  law,
  ...(because === undefined ? {} : { because }),
  given,
  workers: (nr) => owners(4, (at) => does(nr, at)),
  broken
})
