import { Schema } from "effect"
import { HttpApi, HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Dispute } from "../../kernel/disputes/Dispute.ts"
import { Money } from "../../kernel/Money.ts"
import { Refund, RefundBlocker } from "../../kernel/refunds/Refund.ts"
import { refundKeyWords } from "../idempotencyKey.ts"
import { Authorized } from "./Authorized.ts"
import { IdempotencyKey, whole, text } from "./fields.ts"
import { JsonBody } from "./JsonBody.ts"
import * as refusals from "./refusalSchemas.ts"

const params = { id: Schema.String.annotate({ description: "The session's id: `ps_...`." }) }

const RefundAsked = Schema.Struct({
  amount: Schema.optionalKey(
    whole("Minor units of the charge's currency; all that is left when it is left out.")
  ),
  reason: text("Why, for the books: 1 to 500 characters."),
  processorReference: Schema.optionalKey(
    text("Which charge, by the processor's own id; needed where a session has several.")
  )
}).annotate({ identifier: "RefundAsked", examples: [{ amount: 1250, reason: "one article came back" }] })

const RefundFields = Schema.Struct({
  ...Refund.fields,
  state: Refund.fields.state.annotate({
    description:
      "`refunded`: proof that money went back. `declined`: proof that none did. `in_flight` and `indeterminate`: nobody knows yet, and nobody is to refund again. `absent`: it never reached the processor. `taken_back`: it went back and did not arrive; the money is here again, and may be given back anew."
  }),
  kind: Refund.fields.kind.annotate({
    description: "`void`: the whole charge was taken back before the processor settled it."
  }),
  message: Schema.String.annotate({ description: "What it means, in a sentence." })
}).annotate({ identifier: "Refund" })

const Capture = Schema.Struct({
  processorReference: Schema.String,
  mid: Refund.fields.mid,
  money: Money,
  refundable: Schema.Int.annotate({
    description:
      "Minor units that may be given back now: less what went back and what a dispute lost, and 0 while `blocked`."
  }),
  blocked: Schema.optionalKey(
    Schema.Struct({ reason: RefundBlocker, by: Schema.optionalKey(Schema.String) }).annotate({
      description: "What stands in the way for now, and the refund or the dispute that it is."
    })
  )
}).annotate({ identifier: "Capture", description: "Money that moved, and what of it may be given back." })

const create = HttpApiEndpoint.post("create", "/:id/refunds", {
  params,
  headers: {
    "idempotency-key": Schema.optionalKey(IdempotencyKey.annotate({ description: refundKeyWords }))
  },
  payload: RefundAsked,
  success: RefundFields.pipe(HttpApiSchema.status(201)),
  error: [
    refusals.InvalidInput,
    refusals.UnknownSession,
    refusals.NothingToRefund,
    refusals.NeedsApproval,
    refusals.RefundNotApproved,
    refusals.ChangeOpenAlready,
    refusals.OperatorsOnly,
    refusals.RefundTooLarge,
    refusals.RefundBlocked,
    refusals.NotSettledYet,
    refusals.UnknownCharge,
    refusals.ProcessorUnavailable,
    refusals.IdempotencyKeyReused,
    refusals.LedgerUnavailable
  ]
})
  .middleware(JsonBody)
  .annotateMerge(
    OpenApi.annotations({
      summary: "Give money back",
      description:
        "All that is left of a charge, or a part of it. What the processor has not settled yet is voided, the rest is refunded; `kind` says which. A declined refund is an answer, not an error. While nobody knows what became of a refund, no other is sent, and a disputed charge is not given back. What is more than the company's limit waits for a second person: 202 names the request, and whoever asks again with the same Idempotency-Key is told of the refund once it is signed. Hanging up changes nothing about it: read the refunds to learn what came of it."
    })
  )

const list = HttpApiEndpoint.get("list", "/:id/refunds", {
  params,
  success: Schema.Struct({
    refunds: Schema.Array(RefundFields),
    disputes: Schema.Array(Schema.Struct(Dispute.fields).annotate({ identifier: "Dispute" })),
    captures: Schema.Array(Capture)
  }).annotate({ identifier: "SessionReturns" }),
  error: [refusals.UnknownSession, refusals.LedgerUnavailable]
}).annotateMerge(
  OpenApi.annotations({
    summary: "Read what went back",
    description:
      "What was captured for the session, its refunds and its disputes: of these the newest hundred, newest first."
  })
)

export class RefundsGroup extends HttpApiGroup.make("refunds")
  .add(create, list)
  .prefix("/v1/payment-sessions")
  // Added last, so it is asked first: a caller without a key learns nothing else.
  .middleware(Authorized)
  .annotate(HttpApi.PayloadParseOptions, { onExcessProperty: "error", errors: "all" })
  .annotateMerge(
    OpenApi.annotations({
      title: "Refunds",
      description: "Money of a captured charge that goes back to its customer, and what banks dispute."
    })
  ) {}
