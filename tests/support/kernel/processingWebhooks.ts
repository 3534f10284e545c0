// One pass of WebhookProcessing over a scripted inbox, ledger and driver.
import { DateTime, Duration, Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { Captured, type Indeterminate } from "../../../src/kernel/cascade/Disposition.ts"
import { DisputeNews } from "../../../src/kernel/disputes/DisputeNews.ts"
import { MidId, ProviderName } from "../../../src/kernel/ids.ts"
import { Money } from "../../../src/kernel/Money.ts"
import { LedgerUnavailable, PaymentLedger, type Unresolved } from "../../../src/kernel/PaymentLedger.ts"
import {
  type LookupResult,
  type PaymentProvider,
  Providers,
  providersOf,
  type WebhookDelivery,
  type Webhooks
} from "../../../src/kernel/PaymentProvider.ts"
import { RefundNews } from "../../../src/kernel/refunds/RefundNews.ts"
import {
  type ClaimedWebhook,
  type KeptSubject,
  WebhookInbox,
  type WebhookOutcome
} from "../../../src/kernel/webhooks/WebhookInbox.ts"
import { WebhookProcessing } from "../../../src/kernel/webhooks/WebhookProcessing.ts"
import { fakeLedger } from "./FakeLedger.ts"
import { incapable } from "./fakeDrivers.ts"
import { keptLog } from "./keptLog.ts"
import { unresolved } from "./unresolved.ts"

export const mid = MidId.make("mid_1")
export const provider = ProviderName.make("processor")
export const instant = DateTime.makeUnsafe("2026-11-21T10:00:00Z")
export const evidence = { code: "code", message: "message" }
export const captured = new Captured({ processorReference: "ch_1", amount: 4900, currency: "USD", evidence })

export const aboutCharge: KeptSubject = {
  _tag: "Charge",
  idempotencyKey: "key_1",
  processorReference: "ch_1"
}
export const aboutRefund: KeptSubject = {
  _tag: "Refund",
  refundReference: "re_1",
  processorReference: "ch_1"
}
export const aboutDispute: KeptSubject = {
  _tag: "Dispute",
  disputeReference: "dp_1",
  processorReference: "ch_1",
  state: "open",
  money: new Money({ amount: 4900, currency: "USD" }),
  reason: "fraudulent"
}
export const aboutNothing: KeptSubject = { _tag: "Other" }

export const webhook = (changes: Partial<ClaimedWebhook> = {}): ClaimedWebhook => ({
  nr: 7,
  provider,
  mid,
  type: "charge.updated",
  occurredAt: instant,
  subjects: [aboutCharge],
  receivedAt: instant,
  step: 0,
  claim: 1,
  ...changes
})

type Heard<A> = Effect.Effect<A, LedgerUnavailable | Indeterminate>

interface Script {
  readonly due?: ReadonlyArray<ClaimedWebhook>
  /** The charge that is found, and what its processor says of it. */
  readonly charge?: Unresolved | undefined
  readonly found?: LookupResult
  readonly refund?: Heard<boolean>
  readonly dispute?: Effect.Effect<boolean, LedgerUnavailable>
  readonly reader?: Webhooks["readWebhook"]
  readonly drivers?: ReadonlyArray<PaymentProvider>
  /** The database takes nothing that was read anew. */
  readonly refusesReadings?: boolean
  readonly findsCharge?: Effect.Effect<Unresolved | undefined, LedgerUnavailable>
}

export const known: Unresolved = unresolved(1, provider)

/** A processor is asked before it is worked off. */
const asks = ({ subjects }: ClaimedWebhook): boolean =>
  subjects.length === 0 || subjects.some(({ _tag }) => _tag === "Charge" || _tag === "Refund")

/** One pass over webhooks; what came of each, and what was asked and told on the way. */
export const passing = (script: Script = {}) => {
  const outcomes: Array<readonly [number, WebhookOutcome]> = []
  const claims: Array<readonly [string, number, string]> = []
  const forgotten: Array<readonly [string, number]> = []
  const sought: Array<unknown> = []
  const heard: Array<unknown> = []
  const read: Array<WebhookDelivery> = []
  let lookups = 0
  const nobody = Effect.die("nobody asks this here")
  const inbox: WebhookInbox["Service"] = {
    take: () => nobody,
    deadLetters: () => nobody,
    replay: () => nobody,
    claim: (lane, limit, lease) =>
      Effect.sync(() => {
        const name = "of" in lane ? lane.of : `besides ${lane.besides.join()}`
        claims.push([name, limit, Duration.format(lease)])
        return (script.due ?? [webhook()]).filter((one) =>
          "of" in lane
            ? asks(one) && one.provider === lane.of
            : !(asks(one) && lane.besides.includes(one.provider))
        )
      }),
    record: ({ nr }, outcome) =>
      script.refusesReadings === true && "read" in outcome
        ? Effect.fail(new LedgerUnavailable({ operation: "record_webhook", cause: "22008", refused: true }))
        : Effect.sync(() => void outcomes.push([nr, outcome])),
    forgetBodies: (after, limit) => Effect.sync(() => (forgotten.push([Duration.format(after), limit]), 0)),
    charge: (of, named) => {
      sought.push([of, named])
      return script.findsCharge ?? Effect.succeed("charge" in script ? script.charge : known)
    }
  }
  const driver: PaymentProvider = {
    ...incapable(provider),
    chargeLookup: {
      absenceHorizon: Duration.hours(1),
      lookupCharge: () =>
        Effect.sync(() => {
          lookups++
          return script.found ?? { _tag: "FoundCaptured", captured }
        })
    },
    ...(script.reader === undefined
      ? {}
      : {
          webhooks: {
            readWebhook: (delivery) => {
              read.push(delivery)
              return script.reader?.(delivery) ?? nobody
            }
          }
        })
  }
  const ledger = fakeLedger()
  const layer = WebhookProcessing.layer.pipe(
    Layer.provide([
      Layer.succeed(WebhookInbox, inbox),
      Layer.succeed(PaymentLedger, ledger.service),
      Layer.succeed(Providers, providersOf(script.drivers ?? [driver])),
      Layer.succeed(RefundNews, {
        heard: (...told) => (heard.push(told), script.refund ?? Effect.succeed(true))
      }),
      Layer.succeed(DisputeNews, {
        heard: (...told) => (heard.push(told), script.dispute ?? Effect.succeed(true))
      })
    ])
  )
  const log = keptLog()
  const pass = Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(
      Effect.flatMap(WebhookProcessing, (processing) => processing.pass).pipe(
        Effect.provide(layer),
        log.keeping
      )
    )
    yield* TestClock.adjust(Duration.minutes(1))
    return yield* Fiber.join(fiber)
  })
  const outcome = Effect.map(pass, () => outcomes[0]?.[1])
  return {
    pass,
    outcome,
    outcomes,
    claims,
    forgotten,
    sought,
    heard,
    read,
    lookups: () => lookups,
    evidence: ledger.evidence,
    log: log.entries
  }
}
