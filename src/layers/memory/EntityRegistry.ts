import { Clock, DateTime, Effect, Layer } from "effect"
import { registryInSight } from "../../kernel/access/registryInSight.ts"
import { EntityRegistry, type RegistrySnapshot, UnknownMid } from "../../kernel/EntityRegistry.ts"
import { MerchantAccount } from "../../kernel/MerchantAccount.ts"
import { ProviderNames } from "../../kernel/PaymentProvider.ts"
import { compile } from "../../kernel/routing/RoutingPolicy.ts"
import { MemoryStore, type Store } from "./Store.ts"

/** The registry in memory. Its snapshot is never old. */
export const layer: Layer.Layer<EntityRegistry, never, MemoryStore | ProviderNames> = Layer.effect(
  EntityRegistry,
  Effect.gen(function* () {
    const store = yield* MemoryStore
    const names = yield* ProviderNames
    let compiled: { readonly of: string; readonly snapshot: RegistrySnapshot } | undefined

    const snapshot = Effect.map(Clock.currentTimeMillis, (now) => {
      const month = monthOf(now)
      const of = `${store.policyVersion} ${store.facts.size} ${month}`
      if (compiled?.of !== of) compiled = { of, snapshot: take(store, names, month) }
      return compiled.snapshot
    })

    const stop: EntityRegistry["Service"]["stop"] = ({ mid, by, reason }) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const account = store.accounts.get(mid)
        if (account === undefined) return Effect.fail(new UnknownMid({ mid }))
        const changed = new MerchantAccount({ ...account, killSwitch: true })
        store.accounts.set(mid, changed)
        store.policyVersion += 1
        store.registryAudit.push({ at: now, by, action: "kill_switch_on", mid, reason })
        return Effect.succeed(changed)
      })

    return { snapshot: Effect.flatMap(snapshot, registryInSight), refresh: Effect.void, stop }
  })
)

const take = (store: Store, configured: ReadonlySet<string>, month: string): RegistrySnapshot => {
  const used = new Map<string, number>()
  for (const { mid, amount, currency, at } of store.facts.values()) {
    if (monthOf(at) !== month) continue
    const perCurrency = `${mid} ${currency}`
    used.set(perCurrency, (used.get(perCurrency) ?? 0) + amount)
  }
  const accounts = [...store.accounts.values()].map((account) => ({
    account,
    capturedThisMonth: used.get(`${account.id} ${account.monthlyCap?.currency}`) ?? 0,
    providerConfigured: configured.has(account.provider)
  }))
  return {
    entities: new Map(store.entities),
    brands: new Map(store.brands),
    accounts: new Map(store.accounts),
    policy: compile(store.policyVersion, accounts)
  }
}

/** The calendar month (UTC) of a time, as `2026-11`. */
const monthOf = (millis: number): string => DateTime.formatIso(DateTime.makeUnsafe(millis)).slice(0, 7)
