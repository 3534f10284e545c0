import { Duration, Effect, Layer, Record, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { OperatorsOnly } from "../../kernel/operations/operatorRefusals.ts"
import { mostRounds } from "../../kernel/PaymentSession.ts"
import { Contradiction, Review, ReviewState } from "../../kernel/reviews/Review.ts"
import { ReviewStore } from "../../kernel/reviews/ReviewStore.ts"
import { step } from "../steps.ts"

const NotOperator = Schema.TaggedStruct("NotOperator", {})
const Contradicted = Schema.TaggedStruct("Contradicted", {
  by: Contradiction,
  notBefore: Schema.optionalKey(Schema.DateTimeUtcFromString),
  webhook: Schema.optionalKey(Schema.String)
})

const Requesting = Schema.Union([
  Schema.TaggedStruct("Requested", { review: Review }),
  NotOperator,
  Schema.TaggedStruct("NothingToReview", {}),
  Schema.TaggedStruct("OpenAlready", { review: Schema.String }),
  Contradicted
])

const Deciding = Schema.Union([
  Schema.TaggedStruct("Decided", { review: Review }),
  NotOperator,
  Schema.TaggedStruct("NoSuchReview", {}),
  Schema.TaggedStruct("DecidedBefore", { state: ReviewState }),
  Schema.TaggedStruct("SamePerson", {}),
  Schema.TaggedStruct("AskedByNoOperator", {}),
  Contradicted
])

/** The number in `rv_7`; what cannot be one is the number of none. */
const numberOf = (review: string): string => /^rv_([0-9]{1,18})$/.exec(review)?.[1] ?? "0"

/** Reviews in PostgreSQL. What each step does is in `migrations/0010_reviews.sql`. */
export const layer: Layer.Layer<ReviewStore, never, SqlClient.SqlClient> = Layer.effect(
  ReviewStore,
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const requestStep = step(sql, "request_review", Requesting)
    const decideStep = step(sql, "decide_review", Deciding)
    const readStep = step(sql, "read_review", Schema.NullOr(Review))
    const listStep = step(sql, "read_reviews", Schema.NullOr(Schema.Array(Review)))
    const expireStep = step(sql, "expire_reviews", Schema.Int)

    return ReviewStore.of({
      request: Effect.fn("ReviewStore.request")((by, request, lifetime, horizons) =>
        requestStep({
          by,
          ...request,
          lifetimeMs: Duration.toMillis(lifetime),
          horizonsMs: Record.map(horizons, Duration.toMillis)
        })
      ),
      decide: Effect.fn("ReviewStore.decide")((by, review, decision) =>
        decideStep({ by, nr: numberOf(review), mostRounds, ...decision })
      ),
      get: Effect.fn("ReviewStore.get")((by, review) =>
        Effect.map(readStep({ by, nr: numberOf(review) }), (found) => found ?? undefined)
      ),
      list: Effect.fn("ReviewStore.list")(function* (by, slice) {
        return (yield* listStep({ by, ...slice })) ?? (yield* new OperatorsOnly())
      }),
      expireDue: Effect.fn("ReviewStore.expireDue")((limit) => expireStep({ limit }))
    })
  })
)
