import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { FulfilmentGate } from "../kernel/FulfilmentGate.ts"
import { PaymentLedger } from "../kernel/PaymentLedger.ts"
import { PaymentOrchestrator } from "../kernel/PaymentOrchestrator.ts"
import { PaymentSessions } from "../kernel/PaymentSessions.ts"
import { Refunds } from "../kernel/refunds/Refunds.ts"
import { Api } from "./api/Api.ts"
import { CurrentPrincipal } from "./authorization.ts"
import type { CheckoutAddresses } from "./checkout/addresses.ts"
import { meaningOf } from "./confirmWords.ts"
import { adviseOnLedger } from "./refusals.ts"
import { meaningOfWaiting } from "./refundWords.ts"
import { waitingToBeTold } from "./requestFacts.ts"

/** Each endpoint hands over to one kernel service. */
export const paymentSessionHandlers = (addresses: CheckoutAddresses) =>
  HttpApiBuilder.group(
    Api,
    "paymentSessions",
    Effect.fn(function* (handlers) {
      const sessions = yield* PaymentSessions
      const orchestrator = yield* PaymentOrchestrator
      const gate = yield* FulfilmentGate
      const ledger = yield* PaymentLedger
      const refunds = yield* Refunds

      return handlers.handleAll({
        create: Effect.fnUntraced(function* ({ headers, payload }) {
          const by = yield* CurrentPrincipal
          const idempotencyKey = headers["idempotency-key"]
          const session = yield* sessions.create({ by, idempotencyKey, body: payload })
          return { ...session, ...(yield* addresses.wayTo(session)) }
        }, adviseOnLedger("create")),

        get: Effect.fnUntraced(function* ({ params }) {
          const session = yield* sessions.get(params.id)
          const attempts = yield* ledger.attempts(session.id)
          // Before its first attempt no money can have moved.
          if (attempts.length === 0) return { ...session, attempts }
          const { waitsFor, lateCaptures } = yield* refunds.ofSession(session.id)
          const late = new Set(lateCaptures.map(({ attempt }) => attempt))
          return {
            ...session,
            attempts: attempts.map((one) => (late.has(one.id) ? { ...one, capturedLate: true } : one)),
            ...(session.state === "in_review" || waitsFor.length > 0
              ? { waitsFor: waitsFor.map((one) => ({ ...one, message: meaningOfWaiting(one) })) }
              : {}),
            ...(lateCaptures.length > 0 ? { lateCaptures } : {})
          }
        }, adviseOnLedger("read")),

        // The orchestrator charges in a scope of its own. Nothing stands between it and the answer, so a caller
        // who hangs up costs nobody but himself anything.
        confirm: Effect.fnUntraced(
          function* ({ headers, params, payload }) {
            const by = yield* CurrentPrincipal
            const idempotencyKey = headers["idempotency-key"]
            const confirmed = yield* orchestrator.confirm(params.id, { by, idempotencyKey, body: payload })
            return { ...confirmed, message: meaningOf(confirmed) }
          },
          adviseOnLedger("confirm"),
          waitingToBeTold
        ),

        cancel: Effect.fnUntraced(function* ({ params }) {
          return yield* sessions.cancel(params.id, yield* CurrentPrincipal)
        }, adviseOnLedger("cancel")),

        fulfil: Effect.fnUntraced(function* ({ headers, params }) {
          const by = yield* CurrentPrincipal
          const claimed = yield* gate.claim(params.id, by, headers["idempotency-key"])
          return { session: params.id, ...claimed }
        }, adviseOnLedger("fulfil"))
      })
    })
  )
