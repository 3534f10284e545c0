import { Effect } from "effect"
import { adviseOnLedger } from "../http/refusals.ts"
import { LedgerDidNotAnswer } from "../http/doorRefusals.ts"
import { EntityRegistry, UnknownMid } from "../kernel/EntityRegistry.ts"
import { InvalidInput, UnknownEntity } from "../kernel/refusals.ts"
import type { AccountChange, ChangedReasons } from "../kernel/routing/PolicyReplay.ts"
import type { RoutingDecision as KernelDecision } from "../kernel/routing/RoutingPolicyEngine.ts"
import { checkText } from "../kernel/text.ts"
import { builder } from "./builder.ts"
import { CardBrand, Currency, MidStatus, ProductCategory, RiskLevel } from "./enums.ts"
import { ExclusionReason } from "./ExclusionReason.ts"
import { plainId } from "./plainId.ts"
import {
  type Compared,
  type FirstChoices,
  mostDecisions,
  type Replayed,
  runReplay
} from "./policyReplayRun.ts"
import { MerchantAccount, PaymentSession } from "./refs.ts"
import { entityNamed, known } from "./registry.ts"
import { RoutingExplanation } from "./RoutingDecision.ts"
import { daysOf, DayWindow } from "./window.ts"

type Explained = Pick<KernelDecision, "policyVersion" | "inputs" | "chosen" | "leftOut">

const ReplayedRouting = builder.objectRef<Explained>("ReplayedRouting").implement({
  description: "Which accounts were or would be chosen for a charge of the past, and why not the others.",
  interfaces: [RoutingExplanation]
})

const ChangedReasonsOf = builder.objectRef<ChangedReasons>("ChangedReasons").implement({
  description: "An account that has other reasons against it than it had; none when it may serve.",
  fields: (t) => ({
    midId: t.exposeString("mid"),
    merchantAccount: t.field({
      type: MerchantAccount,
      resolve: ({ mid }, _args, context) => known(context.registry().accounts, mid)
    }),
    before: t.expose("before", { type: [ExclusionReason] }),
    after: t.expose("after", { type: [ExclusionReason] })
  })
})

const ReplayedDecision = builder
  .objectRef<Compared & { readonly version: number }>("ReplayedDecision")
  .implement({
    description: "A decision that would be another one.",
    fields: (t) => ({
      session: t.field({
        type: PaymentSession,
        nullable: true,
        resolve: ({ recorded }, _args, { loaders }) => loaders.session(recorded.session)
      }),
      sessionId: t.string({ resolve: ({ recorded }) => recorded.session }),
      round: t.int({ resolve: ({ recorded }) => recorded.round }),
      was: t.field({ type: ReplayedRouting, resolve: ({ recorded }) => recorded.decision }),
      wouldBe: t.field({
        type: ReplayedRouting,
        resolve: ({ recorded, replayed, version }) => ({
          policyVersion: version,
          inputs: recorded.decision.inputs,
          chosen: replayed.chosen,
          leftOut: replayed.leftOut
        })
      }),
      changes: t.field({ type: [ChangedReasonsOf], resolve: ({ replayed }) => replayed.changes }),
      differsToday: t.boolean({
        description: "It would be another one today even without the changes.",
        resolve: ({ replayed }) => replayed.differsToday
      })
    })
  })

const FirstChoice = builder.objectRef<FirstChoices>("FirstChoice").implement({
  description: "How often an account was, and would be, tried first.",
  fields: (t) => ({
    merchantAccount: t.field({
      type: MerchantAccount,
      resolve: ({ mid }, _args, context) => known(context.registry().accounts, mid)
    }),
    before: t.expose("before", { type: "WholeNumber" }),
    after: t.expose("after", { type: "WholeNumber" })
  })
})

export const PolicyReplayPayload = builder.objectRef<Replayed>("PolicyReplayPayload").implement({
  description: "What a changed routing policy would have chosen, beside what was chosen.",
  fields: (t) => ({
    decisions: t.expose("decisions", { type: "WholeNumber", description: "How many were replayed." }),
    complete: t.exposeBoolean("complete", {
      description: `False: the window has more than the ${mostDecisions} that one replay is of, and only its first were.`
    }),
    different: t.expose("different", {
      type: "WholeNumber",
      description: "Other accounts, or in another order."
    }),
    differentFirst: t.expose("differentFirst", {
      type: "WholeNumber",
      description: "Another account first."
    }),
    nobodyBefore: t.expose("nobodyBefore", { type: "WholeNumber" }),
    nobodyAfter: t.expose("nobodyAfter", { type: "WholeNumber", description: "No account could serve." }),
    differentToday: t.expose("differentToday", {
      type: "WholeNumber",
      description: "Those that today's policy would decide otherwise without any of the changes."
    }),
    firstChoices: t.expose("firstChoices", { type: [FirstChoice] }),
    examples: t.field({
      type: [ReplayedDecision],
      description: "The first of those that differ.",
      resolve: ({ examples, policyVersion }) => examples.map((one) => ({ ...one, version: policyVersion }))
    })
  })
})

const RulesChange = builder.inputType("AcceptanceRulesChange", {
  description: "Rules that are said replace those of the account; one that is null is taken away.",
  fields: (t) => ({
    currencies: t.field({ type: [Currency] }),
    minimumAmount: t.field({ type: "MinorUnits" }),
    maximumAmount: t.field({ type: "MinorUnits" }),
    cardBrands: t.field({ type: [CardBrand] }),
    countries: t.stringList(),
    vaults: t.stringList(),
    blockedBins: t.stringList(),
    highestRisk: t.field({ type: RiskLevel })
  })
})

export const CapChange = builder.inputType("MonthlyCapChange", {
  fields: (t) => ({
    amount: t.field({ type: "MinorUnits", required: true }),
    currency: t.field({ type: Currency, required: true })
  })
})

export const AccountChangeInput = builder.inputType("AccountChange", {
  description: "What is thought of otherwise of one account; what is left out stays.",
  fields: (t) => ({
    mid: t.id({ required: true, description: "The plain id (`mid_bio_1`) or the global one." }),
    killSwitch: t.boolean(),
    status: t.field({ type: MidStatus }),
    priority: t.int({ description: "Lower is tried first." }),
    weight: t.int({ description: "1 to 1000." }),
    underwrittenFor: t.field({ type: [ProductCategory] }),
    accepts: t.field({ type: RulesChange }),
    monthlyCap: t.field({ type: CapChange, description: "Null takes the cap away." })
  })
})

export const changesOf = Effect.fnUntraced(function* (
  inputs: ReadonlyArray<typeof AccountChangeInput.$inferInput>
) {
  const { accounts } = yield* (yield* EntityRegistry).snapshot
  return yield* Effect.forEach(
    inputs,
    Effect.fnUntraced(function* (input, nr) {
      yield* checkText(input)
      const id = plainId("MerchantAccount", input.mid)
      const account = accounts.get(id)
      if (account === undefined) return yield* new UnknownMid({ mid: id.slice(0, 80) })
      const { weight, monthlyCap, accepts } = input
      const numbers = [monthlyCap?.amount, accepts?.minimumAmount, accepts?.maximumAmount]
      if (numbers.some((one) => typeof one === "number" && !(Number.isSafeInteger(one) && one >= 0))) {
        return yield* new InvalidInput({
          field: `changes[${nr}]`,
          problem: "has an amount that is no whole minor units"
        })
      }
      if (typeof weight === "number" && (weight < 1 || weight > 1000)) {
        return yield* new InvalidInput({ field: `changes[${nr}].weight`, problem: "is not from 1 to 1000" })
      }
      if (accepts?.countries?.some((country) => !/^[A-Z]{2}$/.test(country)) === true) {
        return yield* new InvalidInput({
          field: `changes[${nr}].accepts.countries`,
          problem: "has one that is not two capital letters: US"
        })
      }
      const change: AccountChange = {
        mid: account.id,
        killSwitch: input.killSwitch ?? undefined,
        status: input.status ?? undefined,
        priority: input.priority ?? undefined,
        weight: weight ?? undefined,
        underwrittenFor: input.underwrittenFor ?? undefined,
        accepts:
          accepts === null || accepts === undefined
            ? undefined
            : { ...accepts, currencies: accepts.currencies ?? undefined },
        monthlyCap
      }
      return change
    })
  )
})

builder.queryField("policyReplay", (t) =>
  t.field({
    type: PolicyReplayPayload,
    description:
      "Runs today's routing policy with some changes over what was decided in a window. Volumes under the caps are those that were recorded, as far as your key sees them. Nothing is written and nothing is charged.",
    args: {
      window: t.arg({ type: DayWindow, required: true }),
      changes: t.arg({ type: [AccountChangeInput], required: true }),
      entity: t.arg.id({ description: "Only decisions of this company." }),
      examples: t.arg.int({ description: "How many of those that differ to show: 0 to 50, 10 unless said." })
    },
    errors: {
      types: [InvalidInput, UnknownEntity, UnknownMid, LedgerDidNotAnswer],
      union: { name: "PolicyReplayResult" }
    },
    resolve: (_root, { window, changes, entity, examples }, { run, scope }) =>
      run(
        Effect.gen(function* () {
          const days = yield* daysOf(window)
          const shown = examples ?? 10
          if (shown < 0 || shown > 50) {
            return yield* new InvalidInput({ field: "examples", problem: `is ${shown}; ask for 0 to 50` })
          }
          const snapshot = yield* (yield* EntityRegistry).snapshot
          const own =
            typeof entity === "string"
              ? (yield* entityNamed(snapshot, plainId("Entity", entity))).id
              : undefined
          return yield* runReplay(scope, {
            days,
            entity: own,
            changes: yield* changesOf(changes),
            examples: shown
          })
        }).pipe(adviseOnLedger("read"))
      )
  })
)
