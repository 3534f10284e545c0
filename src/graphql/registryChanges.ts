import { LedgerDidNotAnswer } from "../http/doorRefusals.ts"
import { withoutCardNumber } from "../kernel/cardNumbers.ts"
import { ChangeOpenAlready, NeedsApproval } from "../kernel/changes/changeRefusals.ts"
import type { Entity as KernelEntity } from "../kernel/Entity.ts"
import { UnknownMid } from "../kernel/EntityRegistry.ts"
import type { MerchantAccount as KernelMerchantAccount } from "../kernel/MerchantAccount.ts"
import { largestAmount } from "../kernel/Money.ts"
import { OperatorsOnly } from "../kernel/operations/operatorRefusals.ts"
import { InvalidInput, UnknownEntity } from "../kernel/refusals.ts"
import { askForTwo } from "./askForTwo.ts"
import { builder } from "./builder.ts"
import type { GraphqlContext } from "./context.ts"
import { ProductCategory } from "./enums.ts"
import { plainId } from "./plainId.ts"
import { CapChange } from "./PolicyReplay.ts"
import { Entity, MerchantAccount } from "./refs.ts"
import { entityNamed, known } from "./registry.ts"

// Caps and underwriting: what tightens is done at once, what loosens waits for a second person.

const reasonWords = "Why, for the audit: one line of 1 to 500 characters."

/** The account that an argument names. */
const accountNamed = ({ registry }: GraphqlContext, mid: string): KernelMerchantAccount => {
  const id = plainId("MerchantAccount", mid)
  const account = registry().accounts.get(id)
  if (account === undefined) throw new UnknownMid({ mid: withoutCardNumber(id).slice(0, 80) })
  return account
}

const SetMonthlyCapPayload = builder
  .objectRef<{ readonly account: KernelMerchantAccount }>("SetMonthlyCapPayload")
  .implement({ fields: (t) => ({ merchantAccount: t.expose("account", { type: MerchantAccount }) }) })

const SetUnderwritingPayload = builder
  .objectRef<{ readonly entity: KernelEntity }>("SetUnderwritingPayload")
  .implement({ fields: (t) => ({ entity: t.expose("entity", { type: Entity }) }) })

const refusals = [InvalidInput, NeedsApproval, ChangeOpenAlready, OperatorsOnly, LedgerDidNotAnswer]

builder.mutationFields((t) => ({
  setMonthlyCap: t.field({
    type: SetMonthlyCapPayload,
    description:
      "Says how much the acquirer approved to be captured on an account in a calendar month. The first cap and a lower one stand at once; a higher one, one in another currency and none at all take two persons. For operators.",
    args: {
      mid: t.arg.id({ required: true, description: "The plain id (`mid_bio_1`) or the global one." }),
      cap: t.arg({ type: CapChange, description: "Null takes the cap away." }),
      reason: t.arg.string({ required: true, description: reasonWords })
    },
    errors: { types: [...refusals, UnknownMid], union: { name: "SetMonthlyCapResult" } },
    resolve: async (_root, { mid, cap, reason }, context) => {
      const { id } = accountNamed(context, mid)
      const amount = cap?.amount ?? 0
      if (!Number.isSafeInteger(amount) || amount < 0 || amount > largestAmount)
        throw new InvalidInput({ field: "cap.amount", problem: `is ${amount}; say whole minor units` })
      await askForTwo(context, { kind: "raise_cap", wanted: { mid: id, monthlyCap: cap ?? null }, reason })
      return { account: known(context.registry().accounts, id) }
    }
  }),

  setUnderwriting: t.field({
    type: SetUnderwritingPayload,
    description:
      "Says whether a company, or one of its accounts, may sell a category. To take it away is one person's, at once; to allow it takes two. An account is allowed what its company is allowed. For operators.",
    args: {
      entity: t.arg.id({ required: true, description: "The plain id (`loop_goods`) or the global one." }),
      mid: t.arg.id({ description: "One account of the company; the company itself when it is left out." }),
      category: t.arg({ type: ProductCategory, required: true }),
      allowed: t.arg.boolean({ required: true }),
      reason: t.arg.string({ required: true, description: reasonWords })
    },
    errors: {
      types: [...refusals, UnknownEntity, UnknownMid],
      union: { name: "SetUnderwritingResult" }
    },
    resolve: async (_root, { entity, mid, category, allowed, reason }, context) => {
      const { id } = await context.run(entityNamed(context.registry(), plainId("Entity", entity)))
      const account = typeof mid === "string" ? accountNamed(context, mid) : undefined
      if (account !== undefined && account.entity !== id)
        throw new InvalidInput({ field: "mid", problem: `is an account of ${account.entity}, not of ${id}` })
      const wanted = {
        entity: id,
        category,
        allowed,
        ...(account === undefined ? {} : { mid: account.id })
      }
      if (!(await askForTwo(context, { kind: "allow_category", wanted, reason })))
        throw new InvalidInput({
          field: "category",
          problem: `is not allowed to ${id} itself; allow it to the company first`
        })
      return { entity: known(context.registry().entities, id) }
    }
  })
}))
