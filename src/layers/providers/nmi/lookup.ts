import { Effect } from "effect"
import { Indeterminate } from "../../../kernel/cascade/Disposition.ts"
import type { ChargeQuery, LookupResult } from "../../../kernel/PaymentProvider.ts"
import type { ProviderAccounts } from "../ProviderAccounts.ts"
import { type Form, type NmiAccount, nmiAccount, type NmiClient } from "./client.ts"
import type { NmiTimings } from "./config.ts"
import { judgeTransactions } from "./queryDisposition.ts"
import { type NmiTransaction, readQuery } from "./transactions.ts"

export interface LookupOptions {
  readonly client: NmiClient
  readonly accounts: ProviderAccounts["Service"]
  readonly timings: NmiTimings
}

/** What became of a charge, by the order id that it was sent with. */
export const lookupCharge = (
  options: LookupOptions,
  query: Pick<ChargeQuery, "mid" | "idempotencyKey" | "money" | "capturedAs">
): Effect.Effect<LookupResult, Indeterminate> =>
  Effect.flatMap(readyAccount(options, query.mid), (account) => findCharge(options, account, query))

export const readyAccount = (
  { accounts }: LookupOptions,
  mid: ChargeQuery["mid"]
): Effect.Effect<NmiAccount, Indeterminate> =>
  accounts.get(mid).pipe(
    Effect.flatMap(nmiAccount),
    Effect.mapError(
      (error) => new Indeterminate({ evidence: { code: "account_not_ready", message: error.message } })
    )
  )

const findCharge = (
  options: LookupOptions,
  account: NmiAccount,
  { idempotencyKey, money, capturedAs }: Pick<ChargeQuery, "idempotencyKey" | "money" | "capturedAs">
): Effect.Effect<LookupResult, Indeterminate> =>
  // Without a filter by condition: one would hide declines, and let them look like absence.
  Effect.flatMap(find(options, account, [["order_id", idempotencyKey]]), (transactions) => {
    const judged = judgeTransactions(transactions, {
      idempotencyKey,
      money,
      processorId: account.processorId,
      capturedAs
    })
    return judged instanceof Indeterminate ? Effect.fail(judged) : Effect.succeed(judged)
  })

/** The transactions of a query, all of them readable. */
export const find = ({ client }: LookupOptions, account: NmiAccount, form: Form) =>
  Effect.flatMap(
    client.query(account, form),
    (exchanged): Effect.Effect<ReadonlyArray<NmiTransaction>, Indeterminate> => {
      const queried = readQuery(exchanged)
      return queried._tag === "Found"
        ? Effect.succeed(queried.transactions)
        : Effect.fail(
            new Indeterminate({
              evidence: { code: "lookup_failed", message: `the query says nothing (${queried.problem})` }
            })
          )
    }
  )
