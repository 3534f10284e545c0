import { Duration, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { defaultTimings } from "../../../../src/layers/providers/stub/config.ts"
import { pgStubGatewayLedger } from "../../../../src/layers/providers/stub/PgStubGatewayLedger.ts"
import { StubGatewayLedger } from "../../../../src/layers/providers/stub/StubGatewayLedger.ts"
import { providerSuite } from "../../../suites/provider.ts"
import { TestDatabase } from "../../../support/TestDatabase.ts"
import { stubCapabilities, stubScenarios, stubUnderTest } from "./stubUnderTest.ts"

providerSuite({
  name: "stub_a, books in memory",
  layer: stubUnderTest("stub_a", defaultTimings).pipe(Layer.provide(StubGatewayLedger.layerMemory)),
  clock: "test",
  passTime: TestClock.adjust,
  capabilities: stubCapabilities,
  scenarios: stubScenarios
})

/** Real time, so short; but what has to come in time has a second for it, even on a busy machine. */
const shortTimings = {
  deadline: Duration.millis(1000),
  slow: Duration.millis(400),
  late: Duration.millis(1200),
  liesFor: Duration.millis(1100),
  absenceHorizon: Duration.millis(1600),
  voidableFor: Duration.hours(1)
}

const pgBooks = Layer.unwrap(
  Effect.map(TestDatabase, ({ connect }) => pgStubGatewayLedger.pipe(Layer.provide(connect("payments_stub"))))
).pipe(Layer.provide(TestDatabase.layer))

providerSuite({
  name: "stub_a, books in PostgreSQL",
  layer: stubUnderTest("stub_a", shortTimings).pipe(Layer.provide(pgBooks)),
  clock: "live",
  passTime: Effect.sleep,
  capabilities: stubCapabilities,
  scenarios: stubScenarios
})
