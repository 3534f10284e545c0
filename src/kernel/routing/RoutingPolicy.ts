import type { ProductCategory } from "../Category.ts"
import type { EntityId } from "../ids.ts"
import type { MerchantAccount } from "../MerchantAccount.ts"
import { type CompiledAccount, compileAccount } from "./CompiledAccount.ts"
import { standing } from "./Ordering.ts"

/** A merchant account with what the month so far says of its approved cap. */
export interface Account {
  readonly account: MerchantAccount
  /** Minor units of the cap's currency, captured in this calendar month (UTC). */
  readonly capturedThisMonth: number
  /** Whether a driver for its provider is configured in this process. */
  readonly providerConfigured: boolean
  /** The secret that the account names is not there. */
  readonly credentialsMissing?: boolean
}

/**
 * One version of the routing policy, compiled: the accounts of each entity, and apart from them the few that
 * could serve a category at all, as numbers and in the part of their order that all sessions share. Built once per version and then only read.
 */
export interface RoutingPolicy {
  readonly version: number
  readonly accountsOf: (entity: EntityId) => ReadonlyArray<CompiledAccount>
  readonly servingAccountsOf: (entity: EntityId, category: ProductCategory) => ReadonlyArray<CompiledAccount>
}

const none: ReadonlyArray<never> = []

export const compile = (version: number, accounts: Iterable<Account>): RoutingPolicy => {
  const byEntity = new Map<EntityId, Array<CompiledAccount>>()
  for (const entry of accounts) {
    append(byEntity, entry.account.entity, compileAccount(entry))
  }
  const serving = new Map<EntityId, Map<ProductCategory, Array<CompiledAccount>>>()
  for (const [entity, own] of byEntity) {
    own.sort(standing)
    const byCategory = new Map<ProductCategory, Array<CompiledAccount>>()
    for (const compiled of own) {
      if (compiled.outOfService.length > 0) continue
      // A category that is named twice is still one account.
      for (const category of new Set(compiled.account.underwrittenFor)) append(byCategory, category, compiled)
    }
    serving.set(entity, byCategory)
  }
  return {
    version,
    accountsOf: (entity) => byEntity.get(entity) ?? none,
    servingAccountsOf: (entity, category) => serving.get(entity)?.get(category) ?? none
  }
}

/** The entry of an account that was compiled. */
export const entryOf = ({ account, capturedThisMonth, outOfService }: CompiledAccount): Account => ({
  account,
  capturedThisMonth,
  providerConfigured: !outOfService.some(({ _tag }) => _tag === "ProviderNotConfigured"),
  credentialsMissing: outOfService.some(({ _tag }) => _tag === "CredentialsMissing")
})

/** The policy of one company as if nothing had been captured this month: neither caps nor orders tell what was. */
export const withoutVolumes = (policy: RoutingPolicy, entity: EntityId): RoutingPolicy =>
  compile(
    policy.version,
    policy.accountsOf(entity).map((compiled) => ({ ...entryOf(compiled), capturedThisMonth: 0 }))
  )

const append = <Key, Value>(lists: Map<Key, Array<Value>>, key: Key, value: Value): void => {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [value])
  else list.push(value)
}
