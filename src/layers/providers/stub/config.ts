import { Config, Duration, Effect, Option, Redacted } from "effect"
import { SecureRandom } from "effect/crypto"

/**
 * The times of the simulated gateways and of the driver that talks to them. Tests shorten them; they must keep
 * their order: `slow` below `deadline`, `late` and `liesFor` well below `absenceHorizon`, which is at least `deadline`
 * and 15 seconds.
 */
export interface StubTimings {
  /** How long the driver waits for an answer. */
  readonly deadline: Duration.Duration
  /** How long the slow card takes to be answered. */
  readonly slow: Duration.Duration
  /** How long after the request the money of a late capture moves. */
  readonly late: Duration.Duration
  /** How long after a charge a lookup may still deny it. */
  readonly liesFor: Duration.Duration
  /** How long after the write-ahead a charge may still turn up at the gateway. */
  readonly absenceHorizon: Duration.Duration
  /** How long a charge may be voided. Later it is settled, and only a refund gives the money back. */
  readonly voidableFor: Duration.Duration
}

export const defaultTimings: StubTimings = {
  deadline: Duration.seconds(5),
  slow: Duration.seconds(2),
  late: Duration.seconds(8),
  liesFor: Duration.seconds(15),
  absenceHorizon: Duration.seconds(30),
  voidableFor: Duration.hours(1)
}

/** The same as settings, each with its default: `STUB_DEADLINE="2 seconds"`. */
export const stubTimings: Config.Config<StubTimings> = Config.all({
  deadline: Config.Duration("STUB_DEADLINE").pipe(Config.withDefault(defaultTimings.deadline)),
  slow: Config.Duration("STUB_SLOW").pipe(Config.withDefault(defaultTimings.slow)),
  late: Config.Duration("STUB_LATE").pipe(Config.withDefault(defaultTimings.late)),
  liesFor: Config.Duration("STUB_LIES_FOR").pipe(Config.withDefault(defaultTimings.liesFor)),
  absenceHorizon: Config.Duration("STUB_ABSENCE_HORIZON").pipe(
    Config.withDefault(defaultTimings.absenceHorizon)
  ),
  voidableFor: Config.Duration("STUB_VOIDABLE_FOR").pipe(Config.withDefault(defaultTimings.voidableFor))
})

const configuredSecret = Config.option(Config.Redacted("STUB_WEBHOOK_SECRET"))

/**
 * What the webhooks of the simulated gateways are signed with, the newest first. Without a setting it is drawn at every
 * start: then gateways and driver of one process know it, and nobody else.
 */
export const stubWebhookSecrets = Effect.gen(function* () {
  const configured = Option.getOrUndefined(yield* configuredSecret)
  if (configured !== undefined) {
    return Redacted.value(configured)
      .split(",")
      .map((one) => one.trim())
      .filter((one) => one !== "")
      .map((one) => Redacted.make(one))
  }
  const random = yield* SecureRandom.SecureRandom
  return [Redacted.make((yield* random.ulid) + (yield* random.ulid))]
})
