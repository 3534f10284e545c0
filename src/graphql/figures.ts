import { Effect } from "effect"
import {
  type DeclineReason as KernelReason,
  FigureDimension as Dimensions,
  type Figures,
  mostFigures
} from "../db/reads/figures.ts"
import { LedgerDidNotAnswer } from "../http/doorRefusals.ts"
import { EntityRegistry, UnknownMid } from "../kernel/EntityRegistry.ts"
import type { MerchantAccount as KernelAccount } from "../kernel/MerchantAccount.ts"
import type { Currency as CurrencyCode } from "../kernel/Money.ts"
import { InvalidInput, UnknownEntity } from "../kernel/refusals.ts"
import { builder } from "./builder.ts"
import { Currency, DeclineKind, ProductCategory } from "./enums.ts"
import { placesOf } from "./filters.ts"
import { reading } from "./levels.ts"
import { Money } from "./Money.ts"
import { MerchantAccount } from "./refs.ts"
import { known } from "./registry.ts"
import { daysOf, DayWindow } from "./window.ts"

const FigureDimension = builder.enumType("FigureDimension", {
  description: "What figures are told apart by; by currency they always are.",
  values: Dimensions.literals
})

const FigureFilter = builder.inputType("FigureFilter", {
  description: "Whose figures; what is left out restricts nothing.",
  fields: (t) => ({
    entity: t.id({ description: "Those of one company." }),
    brand: t.id({ description: "Those under one brand: `loop-bio`." }),
    mid: t.id({ description: "Those of one merchant account." }),
    provider: t.string({ description: "Those of one processor: `stub_a`." })
  })
})

interface Sum {
  readonly count: number
  readonly amount: number
  readonly currency: CurrencyCode
}

const FigureSum = builder.objectRef<Sum>("FigureSum").implement({
  description: "How many attempts, and of how much money.",
  fields: (t) => ({
    count: t.expose("count", { type: "WholeNumber" }),
    money: t.field({ type: Money, resolve: ({ amount, currency }) => ({ amount, currency }) })
  })
})

const Latency = builder.objectRef<NonNullable<Figures["latency"]>>("Latency").implement({
  description:
    "Milliseconds from the write-ahead to the certain outcome: half of all were faster than `p50`.",
  fields: (t) => ({ p50: t.exposeInt("p50"), p95: t.exposeInt("p95"), p99: t.exposeInt("p99") })
})

const PaymentFigures = builder.objectRef<Figures>("PaymentFigures").implement({
  description:
    "What became of the attempts that were written ahead in the window, of one group of them and in one currency.",
  fields: (t) => ({
    mid: t.exposeString("mid", { nullable: true, description: "Null where it is not asked for, as below." }),
    entity: t.exposeString("entity", { nullable: true }),
    provider: t.exposeString("provider", { nullable: true }),
    brand: t.exposeString("brand", { nullable: true }),
    category: t.expose("category", { type: ProductCategory, nullable: true }),
    day: t.exposeString("day", { nullable: true, description: "In UTC: `2026-11-01`." }),
    currency: t.expose("currency", { type: Currency }),
    attempts: t.expose("attempts", { type: "WholeNumber" }),
    captured: t.field({ type: FigureSum, resolve: ({ captured, currency }) => ({ ...captured, currency }) }),
    declined: t.field({ type: FigureSum, resolve: ({ declined, currency }) => ({ ...declined, currency }) }),
    inReview: t.field({
      type: FigureSum,
      description: "In flight or indeterminate: nobody knows yet.",
      resolve: ({ inReview, currency }) => ({ ...inReview, currency })
    }),
    absent: t.expose("absent", { type: "WholeNumber", description: "Given up as never heard of." }),
    approvalRate: t.float({
      nullable: true,
      description: "Captured of those that were captured or declined; null when there are none.",
      resolve: ({ captured, declined }) =>
        captured.count + declined.count === 0 ? null : captured.count / (captured.count + declined.count)
    }),
    latency: t.expose("latency", { type: Latency, nullable: true })
  })
})

const PaymentFiguresPayload = builder
  .objectRef<{ readonly rows: ReadonlyArray<Figures> }>("PaymentFiguresPayload")
  .implement({ fields: (t) => ({ rows: t.expose("rows", { type: [PaymentFigures] }) }) })

const DeclineReason = builder.objectRef<KernelReason>("DeclineReason").implement({
  description: "Why a processor said no.",
  fields: (t) => ({
    provider: t.exposeString("provider"),
    code: t.exposeString("code", { description: "The processor's own: `do_not_honor`." }),
    kind: t.expose("kind", { type: DeclineKind }),
    count: t.expose("count", { type: "WholeNumber" }),
    share: t.float({ description: "Of all declines.", resolve: ({ count, of }) => count / of })
  })
})

const DeclineReasonsPayload = builder
  .objectRef<{ readonly rows: ReadonlyArray<KernelReason> }>("DeclineReasonsPayload")
  .implement({
    fields: (t) => ({
      rows: t.expose("rows", { type: [DeclineReason], description: "The commonest first, at most 100." })
    })
  })

interface Usage {
  readonly account: KernelAccount
  readonly approved: { readonly amount: number; readonly currency: CurrencyCode }
  readonly captured: number
}

const CapUsage = builder.objectRef<Usage>("CapUsage").implement({
  description: "What was captured of what the acquirer approves for a calendar month (UTC).",
  fields: (t) => ({
    merchantAccount: t.expose("account", { type: MerchantAccount }),
    approved: t.expose("approved", { type: Money, description: "As it is approved today." }),
    captured: t.field({
      type: Money,
      resolve: ({ captured, approved }) => ({ amount: captured, currency: approved.currency })
    }),
    share: t.float({
      nullable: true,
      description: "Null of a cap of nothing.",
      resolve: ({ captured, approved }) => (approved.amount === 0 ? null : captured / approved.amount)
    })
  })
})

const CapUsagePayload = builder
  .objectRef<{ readonly rows: ReadonlyArray<Usage> }>("CapUsagePayload")
  .implement({
    fields: (t) => ({
      rows: t.expose("rows", { type: [CapUsage], description: "Of every account that has a cap, by id." })
    })
  })

const filterOf = Effect.fnUntraced(function* (filter: typeof FigureFilter.$inferInput | null | undefined) {
  const snapshot = yield* (yield* EntityRegistry).snapshot
  const { brand, restricted, mids } = yield* placesOf(snapshot, filter ?? {})
  return { brand, mids: restricted ? mids : undefined }
})

const refusals = [InvalidInput, UnknownEntity, UnknownMid, LedgerDidNotAnswer]

builder.queryFields((t) => ({
  paymentFigures: t.field({
    type: PaymentFiguresPayload,
    description: "How many attempts were captured, declined and in review, and of how much money.",
    args: {
      window: t.arg({ type: DayWindow, required: true }),
      by: t.arg({ type: [FigureDimension], required: true, description: "Empty: one group in all." }),
      filter: t.arg({ type: FigureFilter })
    },
    errors: { types: refusals, union: { name: "PaymentFiguresResult" } },
    resolve: async (_root, { window, by, filter }, context) => {
      const days = await context.run(daysOf(window))
      const asked = await context.run(filterOf(filter))
      const dimensions = Dimensions.literals.filter((name) => by.includes(name))
      const rows = await reading(context, (reads) => reads.figures(context.scope, days, dimensions, asked))
      if (rows.length > mostFigures) {
        throw new InvalidInput({
          field: "by",
          problem: `makes more than ${mostFigures} groups; ask for fewer of them, or for fewer days`
        })
      }
      return { rows }
    }
  }),

  declineReasons: t.field({
    type: DeclineReasonsPayload,
    description: "Why processors said no.",
    args: {
      window: t.arg({ type: DayWindow, required: true }),
      filter: t.arg({ type: FigureFilter })
    },
    errors: { types: refusals, union: { name: "DeclineReasonsResult" } },
    resolve: async (_root, { window, filter }, context) => {
      const days = await context.run(daysOf(window))
      const asked = await context.run(filterOf(filter))
      return { rows: await reading(context, (reads) => reads.declineReasons(context.scope, days, asked)) }
    }
  }),

  capUsage: t.field({
    type: CapUsagePayload,
    description: "How much of their approved caps accounts have used in a month.",
    args: {
      month: t.arg.string({ required: true, description: "In UTC: `2026-11`." }),
      filter: t.arg({ type: FigureFilter })
    },
    errors: { types: refusals, union: { name: "CapUsageResult" } },
    resolve: async (_root, { month, filter }, context) => {
      if (!/^\d{4}-(0[1-9]|1[0-2])$/.test(month)) {
        throw new InvalidInput({ field: "month", problem: "is no month; say one as 2026-11" })
      }
      const snapshot = context.registry()
      const { mids } = await context.run(placesOf(snapshot, filter ?? {}))
      const { entities } = context.scope
      const capped = mids
        .map((mid) => known(snapshot.accounts, mid))
        .filter((account) => entities === undefined || entities.includes(account.entity))
        .flatMap((account) =>
          account.monthlyCap === undefined ? [] : [{ account, approved: account.monthlyCap }]
        )
      if (capped.length === 0) return { rows: [] }
      const ids = capped.map(({ account }) => account.id)
      const captured = await reading(context, (reads) => reads.capturedInMonth(context.scope, month, ids))
      return { rows: capped.map((one) => ({ ...one, captured: captured.get(one.account.id) ?? 0 })) }
    }
  })
}))
