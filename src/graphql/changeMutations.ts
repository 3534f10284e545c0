import { Effect } from "effect"
import { LedgerDidNotAnswer } from "../http/doorRefusals.ts"
import { adviseOnLedger } from "../http/refusals.ts"
import { WiderThanOwn } from "../kernel/access/keyRefusals.ts"
import type { ChangeRequest as KernelChange } from "../kernel/changes/ChangeRequest.ts"
import { Changes } from "../kernel/changes/Changes.ts"
import {
  AskedByAnother,
  ChangeDecided,
  ChangedSince,
  UnknownChange
} from "../kernel/changes/changeRefusals.ts"
import type { Signer } from "../kernel/changes/ChangeStore.ts"
import { OperatorsOnly } from "../kernel/operations/operatorRefusals.ts"
import type { LedgerUnavailable } from "../kernel/PaymentLedger.ts"
import {
  NothingToRefund,
  NotSettledYet,
  ProcessorUnavailable,
  RefundBlocked,
  RefundTooLarge
} from "../kernel/refunds/refundRefusals.ts"
import { InvalidInput, UnknownSession } from "../kernel/refusals.ts"
import { AskedByNoOperator, SecondPersonNeeded } from "../kernel/reviews/reviewRefusals.ts"
import { builder } from "./builder.ts"
import type { GraphqlContext } from "./context.ts"
import { plainId } from "./plainId.ts"
import { ChangeRequest } from "./refs.ts"

const payload = (name: string) =>
  builder.objectRef<{ readonly change: KernelChange }>(name).implement({
    fields: (t) => ({ changeRequest: t.expose("change", { type: ChangeRequest }) })
  })

const ApproveChangePayload = payload("ApproveChangePayload")
const RejectChangePayload = payload("RejectChangePayload")
const WithdrawChangePayload = payload("WithdrawChangePayload")

/** Decides in the name of whoever asks, with the key that they ask with. */
const decide = async <E>(
  { principal, key, run }: GraphqlContext,
  does: (changes: Changes["Service"], who: Signer) => Effect.Effect<KernelChange, E | LedgerUnavailable>
) => ({
  change: await run(
    Changes.pipe(
      Effect.flatMap((changes) => does(changes, { by: principal, byKey: key })),
      adviseOnLedger("operate")
    )
  )
})

const idWords = "`cr_...`, or the global id."
const whyWords = "Why: one line of 1 to 500 characters."

builder.mutationFields((t) => ({
  approveChange: t.field({
    type: ApproveChangePayload,
    description:
      "Signs what another person asked for: it is done in the same moment, if what it was asked against still stands. A refund is judged anew and sent. Twice is once. For operators.",
    args: { changeRequest: t.arg.id({ required: true, description: idWords }) },
    errors: {
      types: [
        OperatorsOnly,
        UnknownChange,
        SecondPersonNeeded,
        AskedByNoOperator,
        ChangeDecided,
        ChangedSince,
        WiderThanOwn,
        UnknownSession,
        NothingToRefund,
        RefundTooLarge,
        RefundBlocked,
        NotSettledYet,
        ProcessorUnavailable,
        LedgerDidNotAnswer
      ],
      union: { name: "ApproveChangeResult" }
    },
    resolve: (_root, { changeRequest }, context) =>
      decide(context, ({ approve }, who) => approve(who, plainId("ChangeRequest", changeRequest)))
  }),

  rejectChange: t.field({
    type: RejectChangePayload,
    description: "Ends a change request; nothing is done. For operators.",
    args: {
      changeRequest: t.arg.id({ required: true, description: idWords }),
      reason: t.arg.string({ required: true, description: whyWords })
    },
    errors: {
      types: [InvalidInput, OperatorsOnly, UnknownChange, ChangeDecided, LedgerDidNotAnswer],
      union: { name: "RejectChangeResult" }
    },
    resolve: (_root, { changeRequest, reason }, context) =>
      decide(context, ({ reject }, who) => reject(who, plainId("ChangeRequest", changeRequest), reason))
  }),

  withdrawChange: t.field({
    type: WithdrawChangePayload,
    description: "Takes back what you asked for yourself; nothing is done. For operators.",
    args: {
      changeRequest: t.arg.id({ required: true, description: idWords }),
      reason: t.arg.string({ required: true, description: whyWords })
    },
    errors: {
      types: [InvalidInput, OperatorsOnly, UnknownChange, ChangeDecided, AskedByAnother, LedgerDidNotAnswer],
      union: { name: "WithdrawChangeResult" }
    },
    resolve: (_root, { changeRequest, reason }, context) =>
      decide(context, ({ withdraw }, who) => withdraw(who, plainId("ChangeRequest", changeRequest), reason))
  })
}))
