// The simulated gateways, whose answers do not depend on how busy the machine is. A card whose answer is lost is not
// waited for; every other answer is waited for as long as it takes.
import { Duration, Effect, Schedule } from "effect"
import { capability, type PaymentProvider } from "../../../src/kernel/PaymentProvider.ts"
import { behaviourOf } from "../../../src/layers/providers/stub/behaviours.ts"
import type { StubTimings } from "../../../src/layers/providers/stub/config.ts"
import { makeStubProvider } from "../../../src/layers/providers/stub/driver.ts"
import { StubGatewayLedger } from "../../../src/layers/providers/stub/StubGatewayLedger.ts"
import { testCardOfToken } from "../../../src/layers/providers/stub/testCards.ts"
import type { Stage } from "../stage.ts"
import { atPlace } from "./steppedLedger.ts"

/** As the model has them; only `deadline` and `slow` pass in earnest. */
const timings: StubTimings = {
  deadline: Duration.seconds(30),
  slow: Duration.millis(10),
  late: Duration.minutes(1),
  liesFor: Duration.minutes(2),
  absenceHorizon: Duration.minutes(5),
  voidableFor: Duration.hours(1)
}

export const steppedProvider = Effect.fnUntraced(function* (name: string, stage: Stage) {
  const books = yield* StubGatewayLedger
  const patient = makeStubProvider({ name, ledger: books, timings })
  const impatient = makeStubProvider({
    name,
    ledger: books,
    timings: { ...timings, deadline: Duration.millis(20) }
  })
  const waits = yield* capability(patient, "tokenCharge")
  const hangsUp = yield* capability(impatient, "tokenCharge")
  const lookup = yield* capability(patient, "chargeLookup")

  /** The books are kept by the far end, which may still be writing when nobody waits for it any more. */
  const written = (key: string) =>
    books
      .byKey(name, key)
      .pipe(
        Effect.orDie,
        Effect.repeat({ until: (lines) => lines.length > 0, schedule: Schedule.spaced(Duration.millis(2)) })
      )

  const provider: PaymentProvider = {
    ...patient,
    tokenCharge: {
      deadline: waits.deadline,
      chargeToken: Effect.fnUntraced(function* (permit, token) {
        const { idempotencyKey, mid, money } = permit.attempt
        yield* atPlace(stage, "sends", `to ${mid}`)
        const rule = testCardOfToken(token.tokenRef)?.rule ?? "captured"
        const behaviour = behaviourOf(rule, name, money.amount)
        if (behaviour.answer !== "lost") return yield* waits.chargeToken(permit, token)
        return yield* hangsUp
          .chargeToken(permit, token)
          .pipe(Effect.ensuring(behaviour.writes === "nothing" ? Effect.void : written(idempotencyKey)))
      })
    },
    chargeLookup: {
      absenceHorizon: lookup.absenceHorizon,
      lookupCharge: (asked) =>
        Effect.andThen(atPlace(stage, "looks up", asked.idempotencyKey), lookup.lookupCharge(asked))
    }
  }
  return provider
})
