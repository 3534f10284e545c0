import { Config, ConfigProvider, type Duration, Effect, Option, Redacted } from "effect"
import { SecureRandom } from "effect/crypto"
import { optionalSetting, secret, type Setting, setting, time } from "../../../settings/setting.ts"

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

/** The same as settings: `STUB_DEADLINE="2 seconds"`. */
const timings = {
  deadline: setting("STUB_DEADLINE", time, {
    standard: "5 seconds",
    sets: "how long the simulated gateways' driver waits for an answer"
  }),
  slow: setting("STUB_SLOW", time, { standard: "2 seconds", sets: "how long the slow card takes" }),
  late: setting("STUB_LATE", time, {
    standard: "8 seconds",
    sets: "how long after the request the money of a late capture moves"
  }),
  liesFor: setting("STUB_LIES_FOR", time, {
    standard: "15 seconds",
    sets: "how long after a charge a lookup may still deny it"
  }),
  absenceHorizon: setting("STUB_ABSENCE_HORIZON", time, {
    standard: "30 seconds",
    sets: "how long after the write-ahead a charge may still turn up"
  }),
  voidableFor: setting("STUB_VOIDABLE_FOR", time, {
    standard: "1 hour",
    sets: "how long a charge may be voided"
  })
}

export const stubTimings: Config.Config<StubTimings> = Config.all(timings)

const webhookSecret = optionalSetting("STUB_WEBHOOK_SECRET", secret, {
  without: "drawn at every start",
  sets: "what the simulated gateways sign webhooks with, newest first, commas between; the same for several servers"
})

export const stubSettings: ReadonlyArray<Setting<unknown>> = [...Object.values(timings), webhookSecret]

export const defaultTimings: StubTimings = Effect.runSync(stubTimings.parse(ConfigProvider.fromEnvRecord({})))

/**
 * What the webhooks of the simulated gateways are signed with, the newest first. Without a setting it is drawn at every
 * start: then gateways and driver of one process know it, and nobody else.
 */
export const stubWebhookSecrets = Effect.gen(function* () {
  const configured = Option.getOrUndefined(yield* webhookSecret)
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
