import { Brand, Entity } from "../../src/kernel/Entity.ts"
import { BrandId, EntityId, MidId, Principal, ProviderName } from "../../src/kernel/ids.ts"
import { AcceptanceRules, MerchantAccount } from "../../src/kernel/MerchantAccount.ts"
import { emptyStore, type Store } from "../../src/layers/memory/Store.ts"
import type { Draws } from "./Draws.ts"

// Who trades in a history: a company with one to three accounts over two gateways, and another company.

export const company = EntityId.make("loop_nutrition")
export const otherCompany = EntityId.make("loop_goods")
export const brand = BrandId.make("loop-nutrition")
export const category = "supplements"

/** Who asks for everything, for its customers. */
export const app = Principal.make("app")

/** Minor units of USD. */
export const price = 4_900

const entity = (id: EntityId): Entity =>
  new Entity({
    id,
    name: id,
    collects: true,
    paysOut: false,
    underwrittenFor: [category],
    placeholder: true
  })

const account = (id: string, of: EntityId, provider: string, priority: number): MerchantAccount =>
  new MerchantAccount({
    id: MidId.make(id),
    entity: of,
    provider: ProviderName.make(provider),
    name: id,
    status: "active",
    killSwitch: false,
    underwrittenFor: [category],
    accepts: new AcceptanceRules({ currencies: ["USD"] }),
    priority,
    weight: 1
  })

const companies = [entity(company), entity(otherCompany)]
const accounts = [
  account("mid_1", company, "stub_a", 1),
  account("mid_2", company, "stub_b", 2),
  account("mid_3", company, "stub_a", 3)
]
const foreign = account("mid_of_another", otherCompany, "stub_b", 1)
const shop = new Brand({
  id: brand,
  name: brand,
  entities: [company],
  redirectOrigins: ["https://shop.example"]
})

export const drawScene = (draws: Draws): Store => {
  const store = emptyStore()
  for (const one of companies) store.entities.set(one.id, one)
  store.brands.set(shop.id, shop)
  const most = draws.pick("accounts", [1, 2, 2, 3, 3])
  for (const one of accounts.slice(0, most)) store.accounts.set(one.id, one)
  store.accounts.set(foreign.id, foreign)
  return store
}

/** Changes an account in the database, as an operator's statement does. */
export const edit = (store: Store, mid: string, change: Partial<MerchantAccount>): void => {
  const before = store.accounts.get(mid)
  if (before === undefined) return
  store.accounts.set(mid, new MerchantAccount({ ...before, ...change }))
  store.policyVersion += 1
}
