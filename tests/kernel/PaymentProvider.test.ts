import { expect, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { type PaymentProvider, providersOf } from "../../src/kernel/PaymentProvider.ts"
import { incapable } from "../support/kernel/fakeDrivers.ts"

const driver = (deadline: Duration.Duration, absenceHorizon: Duration.Duration): PaymentProvider => ({
  ...incapable("hasty"),
  tokenCharge: { deadline, chargeToken: () => Effect.die("no test charges") },
  chargeLookup: { absenceHorizon, lookupCharge: () => Effect.die("no test looks up") }
})

it("a driver that calls a charge absent while it may be on its way is refused", () => {
  const hasty = driver(Duration.seconds(10), Duration.millis(24_999))
  expect(() => providersOf([incapable("other"), hasty])).toThrow(
    "the driver hasty has an absenceHorizon of 24s 999ms; with a tokenCharge.deadline of 10s it must be at least 25s"
  )
})

it("a driver that waits long enough is taken", () => {
  const patient = driver(Duration.seconds(10), Duration.seconds(25))
  expect(providersOf([patient]).names).toEqual(["hasty"])
})
