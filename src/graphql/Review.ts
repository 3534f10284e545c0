import { Effect } from "effect"
import { pageOf } from "../db/reads/Page.ts"
import { LedgerDidNotAnswer } from "../http/doorRefusals.ts"
import { adviseOnLedger } from "../http/refusals.ts"
import { OperatorsOnly } from "../kernel/operations/operatorRefusals.ts"
import type { LedgerUnavailable } from "../kernel/PaymentLedger.ts"
import { InvalidInput } from "../kernel/refusals.ts"
import type { Review as KernelReview } from "../kernel/reviews/Review.ts"
import * as Refusals from "../kernel/reviews/reviewRefusals.ts"
import { Reviews } from "../kernel/reviews/Reviews.ts"
import { builder } from "./builder.ts"
import type { GraphqlContext } from "./context.ts"
import { Conclusion, Contradiction, Currency, ReviewState } from "./enums.ts"
import { connectionOf, sliceOf } from "./pages.ts"
import { plainId } from "./plainId.ts"
import { Refusal } from "./Refusal.ts"

const Review = builder.objectRef<KernelReview>("Review").implement({
  description:
    "What one operator saw of an attempt, a refund or an incident, and what a second one said to it.",
  fields: (t) => ({
    reviewId: t.exposeString("id", { description: "The plain id: `rv_1`." }),
    attemptId: t.exposeString("attempt", {
      description: "Of a refund or an incident: the attempt that it is of."
    }),
    sessionId: t.exposeString("session"),
    incident: t.expose("incident", { type: "WholeNumber", nullable: true }),
    refundId: t.exposeString("refund", { nullable: true }),
    charge: t.exposeString("charge", {
      nullable: true,
      description: "Of a refund: the processor's own id of the charge that it is of."
    }),
    conclusion: t.expose("conclusion", { type: Conclusion }),
    processorReference: t.exposeString("processorReference", {
      nullable: true,
      description: "The processor's own id of what was seen; with `refunded_outside` the bank's reference."
    }),
    amount: t.expose("amount", { type: "MinorUnits", nullable: true }),
    currency: t.expose("currency", { type: Currency, nullable: true }),
    evidence: t.exposeString("evidence", { description: "What was seen, and where." }),
    state: t.expose("state", { type: ReviewState }),
    requestedBy: t.exposeString("requestedBy"),
    requestedAt: t.expose("requestedAt", { type: "DateTime" }),
    expiresAt: t.expose("expiresAt", { type: "DateTime" }),
    decidedBy: t.exposeString("decidedBy", { nullable: true }),
    decidedAt: t.expose("decidedAt", { type: "DateTime", nullable: true }),
    reason: t.exposeString("reason", { nullable: true, description: "Why it was rejected." })
  })
})

const ReviewConnection = builder.connectionObject({ type: Review, name: "ReviewConnection" })

/** Does something with the service in the name of whoever asks. */
const operate = <A, E>(
  { principal, run }: GraphqlContext,
  asked: "operate" | "readOperations",
  does: (
    reviews: Reviews["Service"],
    by: GraphqlContext["principal"]
  ) => Effect.Effect<A, E | LedgerUnavailable>
) =>
  run(
    Reviews.pipe(
      Effect.flatMap((reviews) => does(reviews, principal)),
      adviseOnLedger(asked)
    )
  )

builder.queryFields((t) => ({
  reviews: t.connection(
    {
      type: Review,
      nullable: true,
      description: "What operators decide, the newest first. For operators.",
      args: { open: t.arg.boolean({ description: "Only those that wait for a second person." }) },
      resolve: async (_root, { open, ...page }, context) => {
        const slice = sliceOf("review", page)
        const { size, from, after, before } = slice
        const asked = { size, from, after: after?.major, before: before?.major, open: open === true }
        const found = await operate(context, "readOperations", ({ list }, by) => list(by, asked))
        const rows = found.map((node) => ({
          node,
          position: { major: node.id.slice("rv_".length), id: node.id }
        }))
        return connectionOf("review", pageOf(slice, rows))
      }
    },
    ReviewConnection
  ),
  review: t.field({
    type: Review,
    nullable: true,
    description: "One review; null when there is none, and for whoever is no operator.",
    args: { id: t.arg.id({ required: true, description: "`rv_...`" }) },
    resolve: (_root, { id }, context) =>
      operate(context, "readOperations", ({ get }, by) =>
        Effect.catchTag(get(by, id), "UnknownReview", () => Effect.succeed(undefined))
      )
  })
}))

const payload = (name: string) =>
  builder.objectRef<{ readonly review: KernelReview }>(name).implement({
    fields: (t) => ({ review: t.expose("review", { type: Review }) })
  })

const RequestReviewPayload = payload("RequestReviewPayload")
const ApproveReviewPayload = payload("ApproveReviewPayload")
const RejectReviewPayload = payload("RejectReviewPayload")
const idWords = "`rv_...`"

builder.mutationFields((t) => ({
  requestReview: t.field({
    type: RequestReviewPayload,
    description:
      "Says what a person saw of an attempt or of a refund in review, or that an incident was dealt with. Nothing is recorded until a second operator approves. For operators.",
    args: {
      attempt: t.arg.id({ description: "The attempt, `at_...` or its global id." }),
      refund: t.arg.id({
        description:
          "Instead of it a refund, `re_...`, with `refunded`, `refunded_outside`, `declined` or `absent`."
      }),
      incident: t.arg({ type: "WholeNumber", description: "The number of an incident, with `handled`." }),
      conclusion: t.arg({ type: Conclusion, required: true }),
      processorReference: t.arg.string({
        description:
          "The processor's own id of the charge or the refund: with `captured`, `refunded` and `declined`. With `refunded_outside`: the bank's reference of the transfer."
      }),
      amount: t.arg({
        type: "MinorUnits",
        description:
          "What it shows as captured or given back: with `captured`, `refunded` and `refunded_outside`."
      }),
      currency: t.arg.string({
        description: "ISO 4217: with `captured`, `refunded` and `refunded_outside`."
      }),
      evidence: t.arg.string({
        required: true,
        description: "What was seen, and where: 1 to 2000 characters."
      })
    },
    errors: {
      types: [
        InvalidInput,
        OperatorsOnly,
        Refusals.NothingToReview,
        Refusals.ReviewOpenAlready,
        Refusals.ReviewContradicted,
        LedgerDidNotAnswer
      ],
      union: { name: "RequestReviewResult" }
    },
    resolve: async (_root, { attempt, refund, incident, processorReference, ...args }, context) => {
      const { amount, currency, ...said } = args
      const asked = {
        ...said,
        refund: refund ?? undefined,
        attempt: typeof attempt === "string" ? plainId("Attempt", attempt) : undefined,
        incident: incident ?? undefined,
        processorReference: processorReference ?? undefined,
        amount: amount ?? undefined,
        currency: currency ?? undefined
      }
      return { review: await operate(context, "operate", ({ request }, by) => request(by, asked)) }
    }
  }),

  approveReview: t.field({
    type: ApproveReviewPayload,
    description:
      "Signs a review off, as a second operator. A capture is asked of its processor first; then its evidence is recorded in the same moment, like every other. Twice is once. For operators.",
    args: { review: t.arg.id({ required: true, description: idWords }) },
    errors: {
      types: [
        OperatorsOnly,
        Refusals.UnknownReview,
        Refusals.SecondPersonNeeded,
        Refusals.AskedByNoOperator,
        Refusals.ReviewDecided,
        Refusals.ReviewContradicted,
        Refusals.ProcessorSilent,
        LedgerDidNotAnswer
      ],
      union: { name: "ApproveReviewResult" }
    },
    resolve: async (_root, { review }, context) => ({
      review: await operate(context, "operate", ({ approve }, by) => approve(by, review))
    })
  }),

  rejectReview: t.field({
    type: RejectReviewPayload,
    description:
      "Ends a review without recording its evidence. Whoever asked may withdraw it so. For operators.",
    args: {
      review: t.arg.id({ required: true, description: idWords }),
      reason: t.arg.string({ required: true, description: "Why: 1 to 500 characters." })
    },
    errors: {
      types: [
        InvalidInput,
        OperatorsOnly,
        Refusals.UnknownReview,
        Refusals.ReviewDecided,
        LedgerDidNotAnswer
      ],
      union: { name: "RejectReviewResult" }
    },
    resolve: async (_root, { review, reason }, context) => ({
      review: await operate(context, "operate", ({ reject }, by) => reject(by, review, reason))
    })
  })
}))

builder.objectType(Refusals.UnknownReview, {
  name: "UnknownReview",
  interfaces: [Refusal],
  fields: (t) => ({ reviewId: t.exposeString("review") })
})

builder.objectType(Refusals.NothingToReview, {
  name: "NothingToReview",
  description: "There is no such attempt, refund or incident.",
  interfaces: [Refusal],
  fields: (t) => ({ about: t.exposeString("about") })
})

builder.objectType(Refusals.ReviewOpenAlready, {
  name: "ReviewOpenAlready",
  interfaces: [Refusal],
  fields: (t) => ({ reviewId: t.exposeString("review") })
})

builder.objectType(Refusals.ReviewContradicted, {
  name: "ReviewContradicted",
  description: "Evidence that is stronger than a person's word stands against it.",
  interfaces: [Refusal],
  fields: (t) => ({
    by: t.expose("by", { type: Contradiction }),
    notBefore: t.expose("notBefore", {
      type: "DateTime",
      nullable: true,
      description: "With `too_early`: from when on it may be called absent."
    }),
    webhookId: t.exposeString("webhook", {
      nullable: true,
      description: "With `news_waiting`: the webhook that has to be heard first, `wh_...`."
    })
  })
})

builder.objectType(Refusals.ProcessorSilent, {
  name: "ProcessorSilent",
  description:
    "The processor could not be asked for the charge that two persons say they saw; nothing was recorded.",
  interfaces: [Refusal],
  fields: (t) => ({ provider: t.exposeString("provider") })
})

builder.objectType(Refusals.SecondPersonNeeded, {
  name: "SecondPersonNeeded",
  description: "Whoever asked does not approve it.",
  interfaces: [Refusal]
})

builder.objectType(Refusals.AskedByNoOperator, {
  name: "AskedByNoOperator",
  description: "Whoever asked may not ask for it any more.",
  interfaces: [Refusal]
})

builder.objectType(Refusals.ReviewDecided, {
  name: "ReviewDecided",
  interfaces: [Refusal],
  fields: (t) => ({ state: t.expose("state", { type: ReviewState }) })
})
