import { Duration, Effect, type Layer, Schedule } from "effect"
import { expect } from "@effect/vitest"
import { EntityRegistry, type RegistrySnapshot } from "../../src/kernel/EntityRegistry.ts"
import { MidId, ProviderName } from "../../src/kernel/ids.ts"
import { AcceptanceRules, MerchantAccount } from "../../src/kernel/MerchantAccount.ts"
import { explainLeftOut, selectMids } from "../../src/kernel/routing/RoutingPolicyEngine.ts"
import { type Storage, StorageFixture } from "./StorageFixture.ts"
import { judge } from "./suite.ts"
import * as w from "./world.ts"

/** The first snapshot in which something holds: a snapshot may be some seconds old. */
const snapshotWhere = Effect.fnUntraced(function* (holds: (snapshot: RegistrySnapshot) => boolean) {
  const registry = yield* EntityRegistry
  return yield* registry.snapshot.pipe(
    Effect.repeat({ until: holds, schedule: Schedule.spaced(Duration.millis(50)) }),
    Effect.timeout(Duration.seconds(20))
  )
})

const stop = (mid: MidId) =>
  Effect.flatMap(EntityRegistry, (registry) =>
    registry.stop({ mid, by: w.app, reason: "chargebacks are rising" })
  )

/** What was registered is in the snapshot, as it was registered. */
const theSnapshotHoldsWhatIsRegistered = Effect.gen(function* () {
  const fixture = yield* StorageFixture
  const entity = w.company()
  const payer = w.company({ collects: false })
  const brand = w.brandOf(entity)
  const account = new MerchantAccount({
    ...w.account(entity.id, { priority: 7, status: "suspended" }),
    accepts: new AcceptanceRules({
      currencies: ["USD", "CAD"],
      minimumAmount: 100,
      maximumAmount: 50_000,
      cardBrands: ["visa"],
      countries: ["US"],
      blockedBins: ["411111"],
      highestRisk: "medium"
    }),
    weight: 30,
    monthlyCap: { amount: 1_000_000, currency: "USD" }
  })
  const plain = w.account(entity.id)
  yield* fixture.seed({ entities: [entity, payer], brands: [brand], accounts: [account, plain] })
  const snapshot = yield* snapshotWhere(({ accounts }) => accounts.has(plain.id))
  expect(snapshot.entities.get(entity.id)).toEqual(entity)
  expect(snapshot.entities.get(payer.id)).toEqual(payer)
  expect(snapshot.brands.get(brand.id)).toEqual(brand)
  expect(snapshot.accounts.get(account.id)).toEqual(account)
  expect(snapshot.accounts.get(plain.id)).toEqual(plain)
})

/** The compiled policy has an entity's own accounts, in the order of their priority, and no one else's. */
const thePolicyHasOnlyOwnAccounts = Effect.gen(function* () {
  const world = yield* w.newWorld
  const { policy } = yield* snapshotWhere(({ accounts }) => accounts.has(world.foreign.mid))
  const ids = policy.servingAccountsOf(world.entity.id, "supplements").map(({ account }) => account.id)
  expect(ids).toEqual(world.accounts.map(({ id }) => id))
  expect(policy.accountsOf(world.entity.id).map(({ account }) => account.id)).toEqual(ids)
  expect(policy.servingAccountsOf(world.entity.id, "telehealth")).toEqual([])
})

/** An account whose provider has no driver here is told apart. */
const providersWithoutDriverAreTold = Effect.gen(function* () {
  const entity = w.company()
  const orphan = w.account(entity.id, { provider: ProviderName.make("nobody_drives_it") })
  const driven = w.account(entity.id, { priority: 2 })
  yield* (yield* StorageFixture).seed({ entities: [entity], accounts: [orphan, driven] })
  const { policy } = yield* snapshotWhere(({ accounts }) => accounts.has(driven.id))
  const inputs = { entity: entity.id, category: "supplements", ...w.price, risk: "low" } as const
  expect(explainLeftOut(policy, inputs)).toEqual([
    {
      mid: orphan.id,
      reasons: [{ _tag: "ProviderNotConfigured", provider: "nobody_drives_it" }]
    }
  ])
  expect(selectMids(policy, inputs, w.freshSessionId())).toEqual([driven])
})

/** The switch answers with the account as it is now, and the snapshot follows with a new version. */
const theKillSwitchIsAnsweredAndSeen = Effect.gen(function* () {
  const world = yield* w.newWorld
  const [account] = world.accounts
  const { policy: before } = yield* snapshotWhere(({ accounts }) => accounts.has(account.id))
  expect(yield* stop(account.id)).toEqual(new MerchantAccount({ ...account, killSwitch: true }))
  const after = yield* snapshotWhere(({ accounts }) => accounts.get(account.id)?.killSwitch === true)
  expect(after.policy.version).toBeGreaterThan(before.version)
  expect(
    after.policy.servingAccountsOf(world.entity.id, "supplements").map(({ account: { id } }) => id)
  ).not.toContain(account.id)
  expect(yield* stop(account.id)).toMatchObject({ killSwitch: true })
  yield* (yield* StorageFixture).resume(account.id)
  const again = yield* snapshotWhere(({ accounts }) => accounts.get(account.id)?.killSwitch === false)
  expect(again.accounts.get(account.id)).toEqual(account)
})

/** The next write-ahead obeys the switch, however old anybody's snapshot is; a charge in flight runs to its end. */
const theKillSwitchStopsTheNextSend = Effect.gen(function* () {
  const world = yield* w.newWorld
  const [first, second] = world.accounts
  const { permit } = yield* w.charging(world)
  yield* stop(first.id)
  const session = yield* w.declared(world)
  expect((yield* w.opened(world, session.id)).attempt.mid).toBe(second.id)
  expect((yield* w.record(permit, w.captured())).settlement).toBe("first")
})

const anUnknownAccountHasNoSwitch = Effect.gen(function* () {
  const mid = MidId.make(`mid_${w.fresh()}`)
  expect(yield* Effect.flip(stop(mid))).toMatchObject({ _tag: "UnknownMid", mid })
})

/** What was captured this month counts towards the cap: in the cap's currency, and whatever became of the session. */
const capturesCountTowardsTheCap = Effect.gen(function* () {
  const world = yield* w.newWorld
  const capped = w.account(world.entity.id, { monthlyCap: { amount: 1_000_000, currency: "USD" } })
  yield* (yield* StorageFixture).seed({ accounts: [capped] })
  for (const outcome of [
    w.captured(),
    w.captured(`ref_${w.fresh()}`, 100),
    w.captured(`ref_${w.fresh()}`, 4200, "CAD"),
    w.declined()
  ]) {
    const session = yield* w.declared(world)
    yield* w.record(yield* w.opened(world, session.id, [w.candidate(capped)]), outcome)
  }
  const used = ({ policy }: RegistrySnapshot) =>
    policy.accountsOf(world.entity.id).find(({ account }) => account.id === capped.id)?.capturedThisMonth
  expect(used(yield* snapshotWhere((snapshot) => used(snapshot) === 4300))).toBe(4300)
})

/** The laws of every registry of entities and merchant accounts. */
export const suite = (name: string, storage: Layer.Layer<Storage, unknown>): void =>
  judge(`EntityRegistry ${name}`, storage, {
    theSnapshotHoldsWhatIsRegistered,
    thePolicyHasOnlyOwnAccounts,
    providersWithoutDriverAreTold,
    theKillSwitchIsAnsweredAndSeen,
    theKillSwitchStopsTheNextSend,
    anUnknownAccountHasNoSwitch,
    capturesCountTowardsTheCap
  })
