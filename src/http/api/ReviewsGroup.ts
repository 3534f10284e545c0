import { Schema } from "effect"
import { HttpApi, HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Review } from "../../kernel/reviews/Review.ts"
import { Authorized } from "./Authorized.ts"
import { JsonBody } from "./JsonBody.ts"
import * as refusals from "./refusalSchemas.ts"

const params = { id: Schema.String.annotate({ description: "The review's id: `rv_...`." }) }
const text = (description: string) => Schema.String.annotate({ description })
const whole = (description: string) => Schema.Finite.annotate({ description })

// Only its shape is judged here; its values are the kernel's to judge.
const ReviewAsked = Schema.Struct({
  attempt: Schema.optionalKey(text("The attempt: `at_...`.")),
  refund: Schema.optionalKey(
    text("Instead of it a refund: `re_...`, with `refunded`, `refunded_outside`, `declined` or `absent`.")
  ),
  incident: Schema.optionalKey(whole("The number of an incident, with `handled`.")),
  conclusion: text(
    "`captured`, of a refund `refunded`: the processor shows the money. `refunded_outside`: the money of a refund went back without the processor, by a bank transfer. `declined`: it shows the charge or the refund, and that it moved none. `absent`: it shows no such thing, which ends the session of a charge, and lets the amount of a refund be given back again. `handled`: the incident was dealt with."
  ),
  processorReference: Schema.optionalKey(
    text(
      "The processor's own id of the charge or the refund: with `captured`, `refunded` and `declined`. With `refunded_outside`: the bank's reference of the transfer."
    )
  ),
  amount: Schema.optionalKey(
    whole(
      "Minor units that it shows as captured or given back: with `captured`, `refunded` and `refunded_outside`."
    )
  ),
  currency: Schema.optionalKey(text("ISO 4217: with `captured`, `refunded` and `refunded_outside`.")),
  evidence: text("What was seen, and where: 1 to 2000 characters.")
}).annotate({
  identifier: "ReviewRequest",
  examples: [
    {
      attempt: "at_01JD0000000000000000000000_1",
      conclusion: "captured",
      processorReference: "pi_1",
      amount: 4200,
      currency: "USD",
      evidence: "succeeded in the processor's dashboard, seen at 10:05 UTC"
    }
  ]
})

const Rejection = Schema.Struct({ reason: text("Why: 1 to 500 characters.") }).annotate({
  identifier: "ReviewRejection"
})

const ReviewAnswer = Schema.Struct(Review.fields).annotate({ identifier: "Review" })
const ReviewRequested = Schema.Struct(Review.fields)
  .annotate({ identifier: "ReviewRequested" })
  .pipe(HttpApiSchema.status(201))

const about = (summary: string, description: string) => OpenApi.annotations({ summary, description })

const request = HttpApiEndpoint.post("request", "/", {
  payload: ReviewAsked,
  success: ReviewRequested,
  error: [
    refusals.InvalidInput,
    refusals.OperatorsOnly,
    refusals.NothingToReview,
    refusals.ReviewOpenAlready,
    refusals.ReviewContradicted,
    refusals.LedgerUnavailable
  ]
})
  .middleware(JsonBody)
  .annotateMerge(
    about(
      "Say what a person saw",
      "Of an attempt or a refund that no processor tells of, or that an incident was dealt with. Nothing is recorded until a second operator approves."
    )
  )

const get = HttpApiEndpoint.get("get", "/:id", {
  params,
  success: ReviewAnswer,
  error: [refusals.UnknownReview, refusals.LedgerUnavailable]
}).annotateMerge(about("Read a review", "For operators; to others there is none."))

const approve = HttpApiEndpoint.post("approve", "/:id/approve", {
  params,
  success: ReviewAnswer,
  error: [
    refusals.OperatorsOnly,
    refusals.UnknownReview,
    refusals.SecondPersonNeeded,
    refusals.AskedByNoOperator,
    refusals.ReviewDecided,
    refusals.ReviewContradicted,
    refusals.ProcessorSilent,
    refusals.LedgerUnavailable
  ]
}).annotateMerge(
  about(
    "Sign a review off",
    "By a second operator. A capture is asked of its processor first. Its evidence is recorded in the same moment. Twice is once."
  )
)

const reject = HttpApiEndpoint.post("reject", "/:id/reject", {
  params,
  payload: Rejection,
  success: ReviewAnswer,
  error: [
    refusals.InvalidInput,
    refusals.OperatorsOnly,
    refusals.UnknownReview,
    refusals.ReviewDecided,
    refusals.LedgerUnavailable
  ]
})
  .middleware(JsonBody)
  .annotateMerge(about("Reject a review", "Nothing is recorded. Whoever asked may withdraw it so."))

export class ReviewsGroup extends HttpApiGroup.make("reviews")
  .add(request, get, approve, reject)
  .prefix("/v1/reviews")
  // Added last, so it is asked first: a caller without a key learns nothing else.
  .middleware(Authorized)
  .annotate(HttpApi.PayloadParseOptions, { onExcessProperty: "error", errors: "all" })
  .annotateMerge(
    OpenApi.annotations({
      title: "Reviews",
      description:
        "What no processor tells, persons decide: one operator says what they saw, a second one with a key of their own approves within three days."
    })
  ) {}
