import { Effect } from "effect"
import { providerSuite } from "../../../suites/provider.ts"
import { stripeCapabilities, stripeScenarios, stripeUnderTest } from "./stripeUnderTest.ts"

providerSuite({
  name: "stripe, against the emulators",
  layer: stripeUnderTest,
  clock: "live",
  passTime: Effect.sleep,
  capabilities: stripeCapabilities,
  scenarios: stripeScenarios
})
