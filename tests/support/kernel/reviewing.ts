import { DateTime, Duration, Effect, Layer } from "effect"
import { AttemptId, Principal, SessionId } from "../../../src/kernel/ids.ts"
import { PaymentLedger } from "../../../src/kernel/PaymentLedger.ts"
import { type PaymentProvider, Providers, providersOf } from "../../../src/kernel/PaymentProvider.ts"
import { Review } from "../../../src/kernel/reviews/Review.ts"
import { Reviews } from "../../../src/kernel/reviews/Reviews.ts"
import {
  type Deciding,
  type Horizons,
  type Requesting,
  type ReviewRequest,
  ReviewStore
} from "../../../src/kernel/reviews/ReviewStore.ts"
import { fakeLedger } from "./FakeLedger.ts"
import { incapable } from "./fakeDrivers.ts"
import { unresolved } from "./unresolved.ts"

// Reviews without a database: what they ask of their store and of processors, and what they make of the answers.

export const by = Principal.make("operator_1")
export const ulid = "01JD0000000000000000000000"
export const attempt = `at_${ulid}_1`
export const pan = "4242 4242 4242 4242"

export const review = new Review({
  id: "rv_1",
  attempt: AttemptId.make(attempt),
  session: SessionId.make(`ps_${ulid}`),
  conclusion: "absent",
  evidence: "I looked",
  state: "open",
  requestedBy: by,
  requestedAt: DateTime.makeUnsafe(0),
  expiresAt: DateTime.makeUnsafe(1)
})

/** One driver that knows of horizons, and one that cannot look anything up. */
const drivers = providersOf([
  {
    ...incapable("patient"),
    chargeLookup: {
      absenceHorizon: Duration.days(2),
      lookupCharge: () => Effect.die("nobody looks up a charge here")
    },
    refundLookup: {
      absenceHorizon: Duration.days(1),
      lookupRefund: () => Effect.die("nobody looks up a refund here"),
      readRefund: () => Effect.die("nobody reads a refund here")
    }
  },
  incapable("silent")
])

const formatted = (horizons: Horizons) =>
  Object.entries(horizons).map(([name, horizon]) => `${name} ${Duration.format(horizon)}`)

export const of = unresolved(1, "processor").attempt

/** A processor that shows a charge or a refund in such a way, and what it was asked for. */
const showing = ({ shows, reads }: Pick<Script, "shows" | "reads">, seen: Array<string>) =>
  providersOf([
    {
      ...incapable("processor"),
      refundContext: ({ mid, processorReference }) => {
        seen.push(`${mid} ${processorReference}`)
        return shows ?? Effect.die("nobody asks for a charge")
      },
      ...(reads === undefined
        ? {}
        : {
            refundLookup: {
              absenceHorizon: Duration.days(1),
              lookupRefund: () => Effect.die("nobody looks up a refund here"),
              readRefund: ({ mid, processorReference, refundReference }) => {
                seen.push(`${mid} ${processorReference} ${refundReference}`)
                return reads
              }
            }
          })
    }
  ])

export type Shows = ReturnType<PaymentProvider["refundContext"]>
export type Reads = ReturnType<NonNullable<PaymentProvider["refundLookup"]>["readRefund"]>

interface Script {
  readonly shows?: Shows
  readonly reads?: Reads
  readonly requesting?: Requesting
  readonly deciding?: Deciding
  readonly found?: Review
}

/** Reviews over a store that answers what a test says, and what it was asked. */
export const over = Effect.fnUntraced(function* (script: Script = {}) {
  const wanted: Array<ReviewRequest> = []
  const seen: Array<string> = []
  const ledger = fakeLedger({ answers: { attempts: () => Effect.succeed([of]) } })
  const asked: Array<ReadonlyArray<unknown>> = []
  const store: ReviewStore["Service"] = {
    request: (who, request, lifetime, horizons) => {
      wanted.push(request)
      asked.push(["request", who, Duration.format(lifetime), formatted(horizons)])
      return Effect.succeed(script.requesting ?? { _tag: "Requested", review })
    },
    decide: (...what) => {
      asked.push(["decide", ...what])
      return Effect.succeed(script.deciding ?? { _tag: "Decided", review })
    },
    get: (...what) => {
      asked.push(["get", ...what])
      return Effect.succeed(script.found)
    },
    list: (...what) => {
      asked.push(["list", ...what])
      return Effect.succeed([review])
    },
    expireDue: () => Effect.die("nobody expires here")
  }
  const service = yield* Reviews.pipe(
    Effect.provide(
      Layer.provide(Reviews.layer, [
        Layer.succeed(ReviewStore, store),
        Layer.succeed(PaymentLedger, ledger.service),
        Layer.succeed(
          Providers,
          script.shows === undefined && script.reads === undefined ? drivers : showing(script, seen)
        )
      ])
    )
  )
  return { ...service, wanted, asked, seen }
})
