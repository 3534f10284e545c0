import { Effect } from "effect"
import { holdsCardNumber, withoutCardNumber } from "../kernel/cardNumbers.ts"
import { ChangeOpenAlready, NeedsApproval } from "../kernel/changes/changeRefusals.ts"
import { EntityRegistry, UnknownMid } from "../kernel/EntityRegistry.ts"
import { MidId } from "../kernel/ids.ts"
import {
  type AcceptanceRules as KernelRules,
  MerchantAccount as KernelMerchantAccount,
  gatesByOnePerson,
  missingGates,
  type PassedGate as KernelPassedGate
} from "../kernel/MerchantAccount.ts"
import { OperatorsOnly } from "../kernel/operations/operatorRefusals.ts"
import type { LedgerUnavailable } from "../kernel/PaymentLedger.ts"
import { InvalidInput } from "../kernel/refusals.ts"
import { cardNumberWords } from "../kernel/text.ts"
import { LedgerDidNotAnswer } from "../http/doorRefusals.ts"
import { AuditRow, AuditRowConnection } from "./Audit.ts"
import { askForTwo } from "./askForTwo.ts"
import { seesVolumes } from "../kernel/access/volumes.ts"
import { builder } from "./builder.ts"
import { CardBrand, Currency, Gate, MidStatus, ProductCategory, RiskLevel } from "./enums.ts"
import { pagesBelow } from "./levels.ts"
import { Money } from "./Money.ts"
import { connectionOver } from "./pages.ts"
import { plainId } from "./plainId.ts"
import { Attempt, AttemptConnection, Entity, MerchantAccount, MerchantAccountConnection } from "./refs.ts"
import { entityNamed, known } from "./registry.ts"

const AcceptanceRules = builder.objectRef<KernelRules>("AcceptanceRules").implement({
  description: "What a merchant account accepts. A rule that is null restricts nothing.",
  fields: (t) => ({
    currencies: t.expose("currencies", { type: [Currency] }),
    minimumAmount: t.expose("minimumAmount", {
      type: "MinorUnits",
      nullable: true,
      description: "Inclusive."
    }),
    maximumAmount: t.expose("maximumAmount", {
      type: "MinorUnits",
      nullable: true,
      description: "Inclusive."
    }),
    cardBrands: t.expose("cardBrands", { type: [CardBrand], nullable: true }),
    countries: t.exposeStringList("countries", {
      nullable: true,
      description: "Countries of issue that are served: ISO 3166, two letters."
    }),
    vaults: t.exposeStringList("vaults", {
      nullable: true,
      description: "Vaults whose tokens it can charge."
    }),
    blockedBins: t.exposeStringList("blockedBins", {
      nullable: true,
      description: "BIN prefixes that the acquirer refuses."
    }),
    highestRisk: t.expose("highestRisk", { type: RiskLevel, nullable: true })
  })
})

const PassedGate = builder.objectRef<KernelPassedGate>("PassedGate").implement({
  fields: (t) => ({
    gate: t.expose("gate", { type: Gate }),
    by: t.exposeString("by", { description: "Who vouches for it." }),
    at: t.expose("at", { type: "DateTime" })
  })
})

interface Cap {
  readonly approved: typeof Money.$inferType
  readonly captured: typeof Money.$inferType
}

const MonthlyCap = builder.objectRef<Cap>("MonthlyCap").implement({
  description: "What the acquirer approved for a calendar month (UTC), and how much of it is used.",
  fields: (t) => ({
    approved: t.expose("approved", { type: Money }),
    captured: t.field({
      type: Money,
      nullable: true,
      description:
        "Captured this month; some seconds old. Null where your key does not read everybody's payments on the account.",
      resolve: ({ captured }, _args, context) => (seesVolumes(context) ? captured : null)
    })
  })
})

const of = (value: object) => value instanceof KernelMerchantAccount
const attemptsOf = pagesBelow({
  field: "MerchantAccount.attempts",
  of,
  id: ({ id }) => id,
  kind: "account-attempt",
  read: (reads, scope, ids, slice) => reads.attemptsOnMids(scope, ids, slice)
})
const auditOf = pagesBelow({
  field: "MerchantAccount.audit",
  of,
  id: ({ id }) => `mid:${id}`,
  kind: "audit",
  read: (reads, scope, ids, slice) => reads.auditOf(scope, ids, slice)
})

builder.node(MerchantAccount, {
  description:
    "A merchant account (MID): one company at one processor, underwritten for some of its categories.",
  isTypeOf: (value) => value instanceof KernelMerchantAccount,
  id: { resolve: ({ id }) => id },
  loadManyWithoutCache: async (ids, context) => {
    const { accounts } = context.registry()
    return ids.map((id) => accounts.get(id))
  },
  fields: (t) => ({
    midId: t.exposeString("id", { description: "The plain id: `mid_bio_1`." }),
    name: t.exposeString("name"),
    provider: t.exposeString("provider", { description: "The processor: `stub_a`." }),
    live: t.boolean({
      description: "It moves real money, so every gate has to be passed first.",
      resolve: ({ live }) => live === true
    }),
    passedGates: t.field({ type: [PassedGate], resolve: ({ gates }) => gates ?? [] }),
    missingGates: t.field({
      type: [Gate],
      description: "What a live account still needs before it is charged on.",
      resolve: missingGates
    }),
    gatesPassedAloneBy: t.string({
      nullable: true,
      description:
        "Who alone passed all gates of a live account, which is not charged on until a second one vouches.",
      resolve: gatesByOnePerson
    }),
    status: t.expose("status", { type: MidStatus }),
    killSwitch: t.exposeBoolean("killSwitch", {
      description: "While it is on, nothing new is sent to this account; what is in flight runs to its end."
    }),
    underwrittenFor: t.expose("underwrittenFor", { type: [ProductCategory] }),
    accepts: t.expose("accepts", { type: AcceptanceRules }),
    priority: t.exposeInt("priority", { description: "Lower is tried first." }),
    weight: t.exposeInt("weight", {
      description: "Its share of the traffic among accounts of one priority."
    }),
    monthlyCap: t.field({
      type: MonthlyCap,
      nullable: true,
      description: "Null when nothing was capped.",
      resolve: ({ id, entity, monthlyCap: approved }, _args, context) => {
        if (approved === undefined) return null
        const { policy } = context.registry()
        const found = policy.accountsOf(entity).find(({ account }) => account.id === id)
        return { approved, captured: { amount: found?.capturedThisMonth ?? 0, currency: approved.currency } }
      }
    }),
    attempts: t.connection(
      { type: Attempt, description: "What was tried on it, newest first.", resolve: attemptsOf },
      AttemptConnection
    ),
    audit: t.connection(
      {
        type: AuditRow,
        description: "Who changed it, in the order in which it was written.",
        resolve: auditOf
      },
      AuditRowConnection
    ),
    entity: t.field({
      type: Entity,
      resolve: ({ entity }, _args, context) => known(context.registry().entities, entity)
    })
  })
})

builder.queryFields((t) => ({
  merchantAccount: t.field({
    type: MerchantAccount,
    nullable: true,
    description: "One merchant account; null when there is no such account.",
    args: { id: t.arg.id({ required: true, description: "The plain id (`mid_bio_1`) or the global one." }) },
    resolve: (_root, { id }, context) => context.registry().accounts.get(plainId("MerchantAccount", id))
  }),
  merchantAccounts: t.connection(
    {
      type: MerchantAccount,
      description: "Merchant accounts, by id.",
      args: { entity: t.arg.id({ description: "Only those of this company." }) },
      resolve: async (_root, { entity, ...page }, context) => {
        const snapshot = context.registry()
        const { accounts } = snapshot
        if (typeof entity !== "string") return connectionOver("account", accounts.values(), page, null)
        const { id } = await context.run(entityNamed(snapshot, plainId("Entity", entity)))
        return connectionOver(
          "account",
          [...accounts.values()].filter((account) => account.entity === id),
          page,
          id
        )
      }
    },
    MerchantAccountConnection
  )
}))

const SetMidKillSwitchPayload = builder
  .objectRef<{ readonly account: KernelMerchantAccount }>("SetMidKillSwitchPayload")
  .implement({
    fields: (t) => ({ merchantAccount: t.expose("account", { type: MerchantAccount }) })
  })

builder.mutationField("setMidKillSwitch", (t) =>
  t.field({
    type: SetMidKillSwitchPayload,
    description:
      "Stops new sends on one account, at once and for every process. That it sends again takes two persons: false asks for it, and the answer names the request that another operator approves. Who did it and why is audited.",
    args: {
      mid: t.arg.id({ required: true, description: "The plain id (`mid_bio_1`) or the global one." }),
      on: t.arg.boolean({ required: true, description: "True stops it." }),
      reason: t.arg.string({ required: true, description: "Why, for the audit: 1 to 500 characters." })
    },
    errors: {
      types: [InvalidInput, UnknownMid, NeedsApproval, OperatorsOnly, ChangeOpenAlready, LedgerDidNotAnswer],
      union: { name: "SetMidKillSwitchResult" }
    },
    resolve: async (_root, { mid, on, reason }, context) => {
      const { run, principal } = context
      // One line: it is written into the audit and shown in lists.
      if (!/^[^\p{Cc}\p{Cs}]{1,500}$/u.test(reason.trim())) {
        throw new InvalidInput({
          field: "reason",
          problem: "is not one line of 1 to 500 characters; say why"
        })
      }
      if (holdsCardNumber(reason)) throw new InvalidInput({ field: "reason", problem: cardNumberWords })
      const id = plainId("MerchantAccount", mid)
      if (!/^[a-z0-9_]{1,63}$/.test(id) || holdsCardNumber(id)) {
        throw new UnknownMid({ mid: withoutCardNumber(id).slice(0, 80) })
      }
      const change = { mid: MidId.make(id), by: principal, reason: reason.trim() }
      if (!on) {
        const wanted = { mid: change.mid, killSwitch: false } as const
        const account = context.registry().accounts.get(id)
        if ((await askForTwo(context, { kind: "resume_mid", wanted, reason })) && account !== undefined) {
          return { account: new KernelMerchantAccount({ ...account, killSwitch: false }) }
        }
        throw new UnknownMid({ mid: id })
      }
      const account = await run(
        EntityRegistry.pipe(
          Effect.flatMap((registry) => registry.stop(change)),
          Effect.catchTag("LedgerUnavailable", adviseOnSwitch)
        )
      )
      return { account }
    }
  })
)

const adviseOnSwitch = (error: LedgerUnavailable): Effect.Effect<never, LedgerDidNotAnswer> =>
  Effect.andThen(
    Effect.logError(error.message, error.cause),
    new LedgerDidNotAnswer({
      charged: "nothing",
      advice: "the switch may or may not have been thrown; set it again, for twice is once"
    })
  )
