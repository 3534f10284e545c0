import { describe, expect, it } from "@effect/vitest"
import { Duration, Effect, Layer } from "effect"
import { ProviderName } from "../../src/kernel/ids.ts"
import {
  capability,
  type PaymentProvider,
  ProviderNames,
  Providers,
  providersOf
} from "../../src/kernel/PaymentProvider.ts"
import { incapable } from "../support/kernel/fakeDrivers.ts"

const tokenCharge = (deadline: Duration.Duration): Pick<PaymentProvider, "tokenCharge"> => ({
  tokenCharge: { deadline, chargeToken: () => Effect.die("no test charges") }
})
const chargeLookup = (absenceHorizon: Duration.Duration): Pick<PaymentProvider, "chargeLookup"> => ({
  chargeLookup: { absenceHorizon, lookupCharge: () => Effect.die("no test looks up") }
})
const driver = (deadline: Duration.Duration, absenceHorizon: Duration.Duration): PaymentProvider => ({
  ...incapable("hasty"),
  ...tokenCharge(deadline),
  ...chargeLookup(absenceHorizon)
})

describe("the drivers of a process", () => {
  it("refuse one that calls a charge absent while it may be on its way", () => {
    const hasty = driver(Duration.seconds(10), Duration.millis(24_999))
    expect(() => providersOf([incapable("other"), hasty])).toThrow(
      "the driver hasty has an absenceHorizon of 24s 999ms; with a tokenCharge.deadline of 10s it must be at least 25s"
    )
  })

  it.each([
    ["waits long enough", driver(Duration.seconds(10), Duration.seconds(25))],
    ["charges and cannot be asked", { ...incapable("hasty"), ...tokenCharge(Duration.minutes(1)) }],
    ["can be asked and does not charge", { ...incapable("hasty"), ...chargeLookup(Duration.millis(1)) }]
  ])("take one that %s", (_, taken) => {
    expect(providersOf([taken]).names).toEqual(["hasty"])
  })

  it.effect("are found by their names, and by no other", () =>
    Effect.gen(function* () {
      const [one, other] = [incapable("one"), incapable("other")]
      const providers = providersOf([one, other])
      expect(yield* providers.get(ProviderName.make("other"))).toBe(other)
      expect(yield* providers.get(ProviderName.make("one"))).toBe(one)
      expect(yield* Effect.flip(providers.get(ProviderName.make("third")))).toMatchObject({
        _tag: "UnknownProvider",
        provider: "third",
        configured: ["one", "other"]
      })
    })
  )
})

it.effect("the names of the drivers are known apart from the drivers", () =>
  Effect.gen(function* () {
    const providers = Layer.succeed(Providers, providersOf([incapable("one"), incapable("other")]))
    const names = yield* ProviderNames.pipe(Effect.provide(Layer.provide(ProviderNames.layer, providers)))
    expect(names).toEqual(new Set(["one", "other"]))
  })
)

describe("a capability", () => {
  it.effect("of a driver is handed out as it is", () =>
    Effect.gen(function* () {
      const capable = driver(Duration.seconds(10), Duration.minutes(5))
      expect(yield* capability(capable, "tokenCharge")).toBe(capable.tokenCharge)
      expect(yield* capability(capable, "chargeLookup")).toBe(capable.chargeLookup)
    })
  )

  it.effect.each([
    "tokenCharge",
    "chargeLookup",
    "chargeCancel",
    "void",
    "refundLookup",
    "webhooks",
    "subscriptions",
    "hostedCheckout",
    "billingManagement",
    "promotions"
  ] as const)("that a driver does not have is refused by its name: %s", (name) =>
    Effect.gen(function* () {
      expect(yield* Effect.flip(capability(incapable("stub_a"), name))).toMatchObject({
        _tag: "CapabilityMissing",
        provider: "stub_a",
        capability: name
      })
    })
  )
})
