import type { Bench } from "../plumbing/Bench.ts"
import { randomText } from "../plumbing/ids.ts"
import type { Collection } from "../plumbing/Store.ts"
import { Webhooks } from "../plumbing/Webhooks.ts"
import { webhookStyle } from "./deliveries.ts"
import * as records from "./records.ts"

/** Everything that the emulated NMI knows. */
export interface World {
  readonly bench: Bench
  readonly transactions: Collection<records.Transaction>
  readonly accounts: Collection<typeof records.AccountRow.Type>
  readonly customers: Collection<records.CardFacts>
  readonly webhooks: Webhooks
}

export const makeWorld = (bench: Bench): World => {
  const accounts = bench.store.collection("accounts", records.AccountRow)
  return {
    bench,
    transactions: bench.store.collection("transactions", records.Transaction),
    accounts,
    customers: bench.store.collection("customers", records.CardFacts),
    webhooks: new Webhooks(
      bench,
      webhookStyle((account) => accounts.get(account)?.settings.webhook ?? undefined)
    )
  }
}

/** The account of a security key: there is one for every name. */
export const accountOf = (securityKey: string | undefined): string | undefined =>
  /^sandbox_(\w{1,64})$/.exec(securityKey ?? "")?.[1]

export const settingsOf = (world: World, account: string): records.Settings =>
  world.accounts.get(account)?.settings ?? records.defaults

export const configure = (
  world: World,
  account: string,
  change: Partial<records.Settings>
): records.Settings => {
  const settings = { ...settingsOf(world, account), ...change }
  world.accounts.put(account, { account, settings })
  return settings
}

/** Sends the events of an account somewhere; it keeps its key unless given one. */
export const setWebhook = (world: World, account: string, url: string, given?: string): string => {
  const key = given ?? settingsOf(world, account).webhook?.key ?? randomText(32)
  configure(world, account, { webhook: { url, key } })
  return key
}

let refid = 3_187_654_321
/** The number that error texts carry for the gateway's support. */
export const nextRefid = (): string => String((refid += 1))
