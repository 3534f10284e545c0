import { Effect } from "effect"
import { LedgerDidNotAnswer } from "../http/doorRefusals.ts"
import { refundKeyWords } from "../http/idempotencyKey.ts"
import { adviseOnLedger } from "../http/refusals.ts"
import { ChangeOpenAlready, NeedsApproval } from "../kernel/changes/changeRefusals.ts"
import { OperatorsOnly } from "../kernel/operations/operatorRefusals.ts"
import type { Refund as KernelRefund } from "../kernel/refunds/Refund.ts"
import * as RefundRefusals from "../kernel/refunds/refundRefusals.ts"
import { Refunds } from "../kernel/refunds/Refunds.ts"
import { IdempotencyKeyReused, InvalidInput, UnknownSession } from "../kernel/refusals.ts"
import { builder } from "./builder.ts"
import { checkKey } from "./idempotencyKey.ts"
import { plainId } from "./plainId.ts"
import { PaymentSession, Refund } from "./refs.ts"

const RefundPaymentInput = builder.inputType("RefundPaymentInput", {
  fields: (t) => ({
    session: t.id({ required: true, description: "The plain id (`ps_01J...`) or the global one." }),
    amount: t.field({
      type: "WholeNumber",
      description: "Minor units of the charge's currency; all that is left when it is left out."
    }),
    reason: t.string({ required: true, description: "Why, for the books: 1 to 500 characters." }),
    processorReference: t.string({
      description: "Which charge, by the processor's own id; needed where a session has several."
    })
  })
})

const RefundPaymentPayload = builder
  .objectRef<{ readonly refund: KernelRefund }>("RefundPaymentPayload")
  .implement({
    description:
      "The refund as it stands. A declined one is an answer, not a refusal: it was tried, and no money went back.",
    fields: (t) => ({
      refund: t.expose("refund", { type: Refund }),
      session: t.field({
        type: PaymentSession,
        resolve: async ({ refund: { session } }, _args, { loaders }) => {
          const found = await loaders.session(session)
          if (found === undefined) throw new Error(`${session} was refunded, and there is no such session`)
          return found
        }
      })
    })
  })

builder.mutationField("refundPayment", (t) =>
  t.field({
    type: RefundPaymentPayload,
    description:
      "Gives back all that is left of a charge, or a part of it. What the processor has not settled yet is voided, the rest is refunded: `kind` says which. What is more than the company's limit for one person waits for a second one (`NeedsApproval`): ask again with the same key to learn what came of it. While nobody knows what became of a refund, no other is sent. Hanging up changes nothing about it: read the session's refunds.",
    args: {
      input: t.arg({ type: RefundPaymentInput, required: true }),
      idempotencyKey: t.arg.string({ description: refundKeyWords })
    },
    errors: {
      types: [
        InvalidInput,
        UnknownSession,
        ...Object.values(RefundRefusals),
        IdempotencyKeyReused,
        NeedsApproval,
        ChangeOpenAlready,
        OperatorsOnly,
        LedgerDidNotAnswer
      ],
      union: { name: "RefundPaymentResult" }
    },
    resolve: async (_root, { input, idempotencyKey }, { run, principal }) => {
      const { session, amount, reason, processorReference } = input
      // It is given back in the service's own scope, so a caller who hangs up changes nothing.
      const refund = Effect.gen(function* () {
        const key = yield* checkKey(idempotencyKey)
        return yield* (yield* Refunds).refund(plainId("PaymentSession", session), {
          by: principal,
          idempotencyKey: key,
          body: {
            amount: amount ?? undefined,
            reason,
            processorReference: processorReference ?? undefined
          }
        })
      })
      return { refund: await run(refund.pipe(adviseOnLedger("refund"))) }
    }
  })
)
