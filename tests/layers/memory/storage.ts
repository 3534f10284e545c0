import { Effect, Layer } from "effect"
import { MerchantAccount } from "../../../src/kernel/MerchantAccount.ts"
import { Entity } from "../../../src/kernel/Entity.ts"
import { ProviderNames } from "../../../src/kernel/PaymentProvider.ts"
import { layer as memoryStorage } from "../../../src/layers/memory/memoryStorage.ts"
import { MemoryStore, type Store } from "../../../src/layers/memory/Store.ts"
import {
  fixtureProviders,
  type SeedRows,
  type Storage,
  StorageFixture,
  type Written
} from "../../suites/StorageFixture.ts"

const put = <A>(into: Map<string, A>, rows: ReadonlyArray<A> | undefined, key: (row: A) => string): void => {
  for (const row of rows ?? []) into.set(key(row), row)
}

const seed = (store: Store, rows: SeedRows): void => {
  put(store.entities, rows.entities, ({ id }) => id)
  put(store.brands, rows.brands, ({ id }) => id)
  put(store.accounts, rows.accounts, ({ id }) => id)
  put(store.prices, rows.prices, ({ ref }) => ref)
  put(store.plans, rows.plans, ({ key }) => key)
  store.policyVersion += 1
}

const editAccount = (
  store: Store,
  mid: string,
  edit: (account: MerchantAccount) => Partial<MerchantAccount>
) => {
  const account = store.accounts.get(mid)
  if (account === undefined) throw new Error(`the fixture knows no account ${mid}`)
  store.accounts.set(mid, new MerchantAccount({ ...account, ...edit(account) }))
  store.policyVersion += 1
}

const written = (store: Store, session: Parameters<StorageFixture["Service"]["written"]>[0]): Written => {
  const row = store.sessions.get(session)
  return {
    evidence: (row?.evidence ?? []).map(({ attempt, source, outcome, code }) => ({
      attempt,
      source,
      outcome: outcome._tag,
      code
    })),
    facts: (row?.facts ?? []).map(({ attempt, mid, processorReference, amount, currency }) => ({
      attempt,
      mid,
      processorReference,
      amount,
      currency
    })),
    incidents: (row?.incidents ?? []).map(({ attempt, kind }) => ({ attempt, kind })),
    decisions: (row?.decisions ?? []).map(({ round, decision }) => ({ round, chosen: decision.chosen })),
    auditRows: row?.audit.length ?? 0
  }
}

const fixture = Layer.effect(
  StorageFixture,
  Effect.gen(function* () {
    const store = yield* MemoryStore
    return {
      seed: (rows) => Effect.sync(() => seed(store, rows)),
      resume: (mid) => Effect.sync(() => editAccount(store, mid, () => ({ killSwitch: false }))),
      setStatus: (mid, status) => Effect.sync(() => editAccount(store, mid, () => ({ status }))),
      revokeUnderwriting: (mid, category) =>
        Effect.sync(() =>
          editAccount(store, mid, ({ underwrittenFor }) => ({
            underwrittenFor: underwrittenFor.filter((other) => other !== category)
          }))
        ),
      setCollects: (id, collects) =>
        Effect.sync(() => {
          const entity = store.entities.get(id)
          if (entity === undefined) throw new Error(`the fixture knows no entity ${id}`)
          store.entities.set(id, new Entity({ ...entity, collects }))
        }),
      written: (session) => Effect.sync(() => written(store, session))
    }
  })
)

/** The storage ports in memory, with drivers named that nobody calls. */
export const storage: Layer.Layer<Storage> = fixture.pipe(
  Layer.provideMerge(memoryStorage),
  Layer.provide(Layer.succeed(ProviderNames, new Set(fixtureProviders)))
)
