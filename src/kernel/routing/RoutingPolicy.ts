import type { ProductCategory } from "../Category.ts"
import type { EntityId } from "../ids.ts"
import type { MerchantAccount } from "../MerchantAccount.ts"

/** A merchant account with what the month so far says of its approved cap. */
export interface Account {
  readonly account: MerchantAccount
  /** Minor units of the cap's currency, captured in this calendar month (UTC). */
  readonly capturedThisMonth: number
  /** Whether a driver for its provider is configured in this process. */
  readonly providerConfigured: boolean
}

/**
 * One version of the routing policy, compiled: the accounts of each entity, in order of priority, and apart
 * from them the few that could serve a category at all. Built once per version and then only read.
 */
export interface RoutingPolicy {
  readonly version: number
  readonly accountsOf: (entity: EntityId) => ReadonlyArray<Account>
  readonly servingAccountsOf: (entity: EntityId, category: ProductCategory) => ReadonlyArray<Account>
}

const none: ReadonlyArray<Account> = []

/** Whether an account may serve a category at all, whatever the charge: the part that is compiled away. */
const mayServe = ({ account, providerConfigured }: Account): boolean =>
  providerConfigured && account.status === "active" && !account.killSwitch

export const compile = (version: number, accounts: Iterable<Account>): RoutingPolicy => {
  const byEntity = new Map<EntityId, Array<Account>>()
  for (const entry of accounts) {
    const own = byEntity.get(entry.account.entity)
    if (own === undefined) byEntity.set(entry.account.entity, [entry])
    else own.push(entry)
  }
  const serving = new Map<EntityId, Map<ProductCategory, Array<Account>>>()
  for (const [entity, own] of byEntity) {
    own.sort((a, b) => a.account.priority - b.account.priority || (a.account.id < b.account.id ? -1 : 1))
    const byCategory = new Map<ProductCategory, Array<Account>>()
    for (const entry of own) {
      if (!mayServe(entry)) continue
      for (const category of entry.account.underwrittenFor) {
        const able = byCategory.get(category)
        if (able === undefined) byCategory.set(category, [entry])
        else able.push(entry)
      }
    }
    serving.set(entity, byCategory)
  }
  return {
    version,
    accountsOf: (entity) => byEntity.get(entity) ?? none,
    servingAccountsOf: (entity, category) => serving.get(entity)?.get(category) ?? none
  }
}
