import { isCurrency } from "../kernel/Money.ts"
import { LedgerDidNotAnswer } from "../http/doorRefusals.ts"
import { ChangeOpenAlready, NeedsApproval } from "../kernel/changes/changeRefusals.ts"
import type { Entity as KernelEntity } from "../kernel/Entity.ts"
import { largestAmount } from "../kernel/Money.ts"
import { OperatorsOnly } from "../kernel/operations/operatorRefusals.ts"
import { InvalidInput, UnknownEntity } from "../kernel/refusals.ts"
import { askForTwo } from "./askForTwo.ts"
import { builder } from "./builder.ts"
import { plainId } from "./plainId.ts"
import { Entity } from "./refs.ts"
import { entityNamed, known } from "./registry.ts"

const SetRefundLimitPayload = builder
  .objectRef<{ readonly entity: KernelEntity }>("SetRefundLimitPayload")
  .implement({ fields: (t) => ({ entity: t.expose("entity", { type: Entity }) }) })

builder.mutationField("setRefundLimit", (t) =>
  t.field({
    type: SetRefundLimitPayload,
    description:
      "Says up to how much of one charge goes back on one person's word. The first limit of a company and a lower one stand at once; a higher one, and one of a further currency, take two persons. A company that has limits gives back no other currency on one person's word. For operators.",
    args: {
      entity: t.arg.id({ required: true, description: "The plain id (`loop_goods`) or the global one." }),
      currency: t.arg.string({ required: true, description: "ISO 4217: `USD`." }),
      amount: t.arg({ type: "MinorUnits", required: true, description: "0: nothing goes back on one word." }),
      reason: t.arg.string({
        required: true,
        description: "Why, for the audit: one line of 1 to 500 characters."
      })
    },
    errors: {
      types: [
        InvalidInput,
        UnknownEntity,
        NeedsApproval,
        ChangeOpenAlready,
        OperatorsOnly,
        LedgerDidNotAnswer
      ],
      union: { name: "SetRefundLimitResult" }
    },
    resolve: async (_root, { entity, currency, amount, reason }, context) => {
      const { id } = await context.run(entityNamed(context.registry(), plainId("Entity", entity)))
      if (!isCurrency(currency))
        throw new InvalidInput({ field: "currency", problem: "is none that is charged here" })
      if (!Number.isSafeInteger(amount) || amount < 0 || amount > largestAmount)
        throw new InvalidInput({ field: "amount", problem: `is ${amount}; say whole minor units` })
      await askForTwo(context, {
        kind: "raise_refund_limit",
        wanted: { entity: id, currency, amount },
        reason
      })
      return { entity: known(context.registry().entities, id) }
    }
  })
)
