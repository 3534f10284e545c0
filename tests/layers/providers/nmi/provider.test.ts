import { Effect } from "effect"
import { providerSuite } from "../../../suites/provider.ts"
import { nmiCapabilities, nmiScenarios, nmiUnderTest } from "./nmiUnderTest.ts"

providerSuite({
  name: "nmi, against the emulators",
  layer: nmiUnderTest,
  clock: "live",
  passTime: Effect.sleep,
  capabilities: nmiCapabilities,
  scenarios: nmiScenarios
})
