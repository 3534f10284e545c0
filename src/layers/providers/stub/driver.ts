import { Effect, Option, type Redacted, Schema } from "effect"
import { Declined, type Evidence, Indeterminate } from "../../../kernel/cascade/Disposition.ts"
import { ProviderName } from "../../../kernel/ids.ts"
import { ChargeUnknown, type MoneyRequest, type PaymentProvider } from "../../../kernel/PaymentProvider.ts"
import { defaultTimings, type StubTimings } from "./config.ts"
import {
  capturedFrom,
  chargeCodes,
  judge,
  lookupResult,
  refundLookupResult,
  type Meaning,
  type Proof,
  refundCodes,
  voidCodes
} from "./disposition.ts"
import { makeStubGateway } from "./gateway.ts"
import type { StubGatewayLedger } from "./StubGatewayLedger.ts"
import type { Tell } from "./teller.ts"
import { stubWebhooks } from "./webhooks.ts"
import { type Gateway, inProcessWire, StubAnswer, type StubRequest } from "./wire.ts"

const decodeAnswer = Schema.decodeUnknownOption(Schema.fromJsonString(StubAnswer))

/** A driver with a simulated gateway of its own, which keeps its books in `ledger`. */
export const makeStubProvider = (options: {
  /** `stub_a`. Each name is a gateway of its own. */
  readonly name: string
  readonly ledger: StubGatewayLedger["Service"]
  readonly timings?: StubTimings
  readonly webhookSecrets?: ReadonlyArray<Redacted.Redacted>
  /** Tells of late captures, and of refunds that do not arrive. */
  readonly tell?: Tell
}): PaymentProvider => {
  const { name, ledger, timings = defaultTimings, webhookSecrets, tell } = options
  const gateway = makeStubGateway({ name, ledger, timings, ...(tell === undefined ? {} : { tell }) })
  return makeStubDriver({
    name,
    gateway,
    timings,
    ...(webhookSecrets === undefined ? {} : { webhookSecrets })
  })
}

/**
 * A driver of whatever simulated gateway is at the far end of the wire. It sends every request once, waits for the
 * answer until the deadline, and judges it by an allow-list. It has no subscriptions, hosted checkout, billing
 * management or promotions.
 */
export const makeStubDriver = (options: {
  readonly name: string
  readonly gateway: Gateway
  readonly timings: Pick<StubTimings, "deadline" | "absenceHorizon">
  /** What its webhooks are signed with, two during a rotation; without them it reads none. */
  readonly webhookSecrets?: ReadonlyArray<Redacted.Redacted>
}): PaymentProvider => {
  const { gateway, timings, webhookSecrets } = options
  const name = ProviderName.make(options.name)
  const send = inProcessWire(gateway, timings.deadline)

  const ask = Effect.fnUntraced(function* (request: StubRequest) {
    const text = yield* send(request)
    if (Option.isNone(text)) return yield* unknown("timeout", `${name} did not answer in time`)
    const answer = decodeAnswer(text.value)
    if (Option.isNone(answer)) {
      return yield* unknown("unreadable_answer", `${name} answered something that cannot be read`)
    }
    return answer.value
  })

  /** Asks, and succeeds only with complete proof of success. */
  const prove = Effect.fnUntraced(function* (
    request: StubRequest,
    codes: ReadonlyMap<string, Meaning>
  ): Effect.fn.Return<Proof, Declined | Indeterminate> {
    const judged = judge(codes, yield* ask(request))
    return judged instanceof Declined || judged instanceof Indeterminate ? yield* judged : judged
  })

  const charge = ({ mid, idempotencyKey, money }: MoneyRequest, tokenRef: string) =>
    Effect.map(
      prove({ _tag: "Charge", mid, idempotencyKey, ...amountOf(money), tokenRef }, chargeCodes),
      capturedFrom
    )

  return {
    name,

    charge: Effect.fn("StubProvider.charge")((request) => charge(request, request.paymentMethodRef)),

    refundContext: Effect.fn("StubProvider.refundContext")(function* ({ mid, processorReference }) {
      const answer = yield* ask({ _tag: "Context", mid, chargeReference: processorReference })
      const { code, message, key, amount, currency, refunded, voidOnly = false } = answer
      if (code === "charge_unknown") {
        return yield* new ChargeUnknown({ provider: name, processorReference })
      }
      return code !== "charge_found" ||
        amount === undefined ||
        currency === undefined ||
        refunded === undefined
        ? yield* unknown(code, message)
        : {
            captured: { amount, currency },
            refundedAmount: refunded,
            voidOnly,
            ...(key === undefined ? {} : { idempotencyKey: key })
          }
    }),

    refund: Effect.fn("StubProvider.refund")(function* ({ mid, idempotencyKey, money, processorReference }) {
      const { reference, amount, currency } = yield* prove(
        { _tag: "Refund", mid, idempotencyKey, ...amountOf(money), chargeReference: processorReference },
        refundCodes
      )
      return { refundReference: reference, money: { amount, currency } }
    }),

    tokenCharge: {
      deadline: timings.deadline,
      chargeToken: Effect.fn("StubProvider.chargeToken")((permit, token) =>
        // A token of another vault is no card here; its reference could still be spelled like one of ours.
        charge(
          permit.attempt,
          token.vaultId === "stub" ? token.tokenRef : `${token.vaultId}/${token.tokenRef}`
        )
      )
    },

    chargeLookup: {
      absenceHorizon: timings.absenceHorizon,
      lookupCharge: Effect.fn("StubProvider.lookupCharge")(function* ({ mid, idempotencyKey }) {
        const result = lookupResult(yield* ask({ _tag: "Lookup", mid, idempotencyKey }))
        return result instanceof Indeterminate ? yield* result : result
      })
    },

    ...(webhookSecrets === undefined ? {} : { webhooks: stubWebhooks(name, webhookSecrets) }),
    refundLookup: {
      absenceHorizon: timings.absenceHorizon,
      lookupRefund: Effect.fn("StubProvider.lookupRefund")(function* ({ mid, idempotencyKey }) {
        const result = refundLookupResult(yield* ask({ _tag: "RefundLookup", mid, idempotencyKey }))
        return result instanceof Indeterminate ? yield* result : result
      }),
      readRefund: Effect.fn("StubProvider.readRefund")(function* ({
        mid,
        processorReference: chargeReference,
        refundReference
      }) {
        const answer = yield* ask({ _tag: "RefundRead", mid, chargeReference, refundReference })
        const result = refundLookupResult(answer)
        return result instanceof Indeterminate ? yield* result : result
      })
    },

    void: {
      voidCharge: Effect.fn("StubProvider.voidCharge")(function* ({
        mid,
        idempotencyKey,
        processorReference
      }) {
        const { evidence } = yield* prove(
          { _tag: "Void", mid, idempotencyKey, chargeReference: processorReference },
          voidCodes
        )
        return { evidence }
      })
    }
  }
}

const amountOf = ({ amount, currency }: MoneyRequest["money"]) => ({ amount, currency })

const unknown = (code: Evidence["code"], message: string): Effect.Effect<never, Indeterminate> =>
  Effect.fail(new Indeterminate({ evidence: { code, message } }))
