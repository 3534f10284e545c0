import { Schema } from "effect"
import { HttpApiSchema } from "effect/http-api"
import { Attempt } from "../../kernel/Attempt.ts"
import { PaymentAction } from "../../kernel/cascade/Disposition.ts"
import { SessionId } from "../../kernel/ids.ts"
import { LateCapture, PaymentSession, SessionState, WaitsFor } from "../../kernel/PaymentSession.ts"

/** A session that was just declared, with the way to its checkout. */
export const SessionCreated = Schema.Struct({
  ...PaymentSession.fields,
  url: Schema.optionalKey(Schema.String).annotate({ description: "Hosted: send the customer here." }),
  embedToken: Schema.optionalKey(Schema.String).annotate({
    description: "Embedded: give this to the component."
  })
})
  .annotate({ identifier: "PaymentSessionCreated" })
  .pipe(HttpApiSchema.status(201))

const AttemptSummary = Schema.Struct({
  id: Attempt.fields.id,
  ordinal: Attempt.fields.ordinal,
  mid: Attempt.fields.mid,
  provider: Attempt.fields.provider,
  state: Attempt.fields.state,
  capturedLate: Schema.optionalKey(Schema.Boolean).annotate({
    description: "Whatever its state says: money was captured afterwards, and stands in `lateCaptures`."
  })
}).annotate({
  identifier: "Attempt",
  description: "One try to charge the session on one merchant account."
})

const Waiting = Schema.Struct({
  ...WaitsFor.fields,
  message: Schema.String.annotate({ description: "What has to happen, in a sentence." })
}).annotate({
  identifier: "WaitsFor",
  description:
    "What a session in review waits for. When it waits for nothing more, it is settled or failed. Of one that ended without money: an incident that persons still have to deal with."
})

export const SessionWithAttempts = Schema.Struct({
  ...PaymentSession.fields,
  attempts: Schema.Array(AttemptSummary),
  waitsFor: Schema.optionalKey(Schema.Array(Waiting)),
  lateCaptures: Schema.optionalKey(
    Schema.Array(LateCapture.annotate({ identifier: "LateCapture" }))
  ).annotate({
    description:
      "Money that was captured after everybody had said no, or beyond what settled the session. `handledAt` is there once two persons have dealt with it; `left` is what has not gone back."
  })
}).annotate({ identifier: "PaymentSessionWithAttempts" })

export const SessionAnswer = Schema.Struct(PaymentSession.fields).annotate({ identifier: "PaymentSession" })

export const ConfirmAnswer = Schema.Struct({
  session: SessionId,
  outcome: Schema.Literals([
    "settled",
    "declined",
    "action_required",
    "in_review",
    "processing",
    "failed"
  ]).annotate({
    description:
      "`settled`: paid. `declined`: proof that no money moved. `action_required`: send the customer to `action.url`; the charge waits. `in_review` and `processing`: nobody knows yet, and nobody is to pay again. `failed`: told of a repeated confirmation whose session ended without a payment."
  }),
  state: SessionState,
  action: Schema.optionalKey(PaymentAction).annotate({
    description: "With `action_required`: where the customer confirms the payment (3DS)."
  }),
  message: Schema.String.annotate({ description: "What it means, for the customer to read." })
}).annotate({ identifier: "ConfirmAnswer" })

export const FulfilmentAnswer = Schema.Struct({
  session: Schema.String,
  fulfilment: Schema.Literals(["first", "duplicate"]).annotate({
    description:
      "`first`: fulfil now; it is given out once. `duplicate`: it was given out before, do nothing."
  }),
  ownClaim: Schema.Boolean.annotate({
    description:
      "The first claim was made with this API key and this Idempotency-Key. With `duplicate`: your own first answer may have been lost on its way."
  })
}).annotate({ identifier: "FulfilmentAnswer" })
