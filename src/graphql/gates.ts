import { Effect } from "effect"
import { LedgerDidNotAnswer } from "../http/doorRefusals.ts"
import { adviseOnLedger } from "../http/refusals.ts"
import { withoutCardNumber } from "../kernel/cardNumbers.ts"
import { UnknownMid } from "../kernel/EntityRegistry.ts"
import { MidId } from "../kernel/ids.ts"
import type { Gate as KernelGate } from "../kernel/MerchantAccount.ts"
import { GateRecord } from "../kernel/operations/GateRecord.ts"
import { GateNotPassed, GatePassedBefore, OperatorsOnly } from "../kernel/operations/operatorRefusals.ts"
import { InvalidInput } from "../kernel/refusals.ts"
import { checkText } from "../kernel/text.ts"
import { builder } from "./builder.ts"
import { Gate } from "./enums.ts"
import { plainId } from "./plainId.ts"
import { Refusal } from "./Refusal.ts"

const PassGatePayload = builder
  .objectRef<{ readonly mid: string; readonly gate: KernelGate }>("PassGatePayload")
  .implement({
    description: "`passedGates` of the account shows it, a moment later in every process.",
    fields: (t) => ({ midId: t.exposeString("mid"), gate: t.expose("gate", { type: Gate }) })
  })

builder.mutationField("passGate", (t) =>
  t.field({
    type: PassGatePayload,
    description:
      "Puts on record that a merchant account passed a gate on its way to live, with what you vouch by. The gates of one account are not all one person's to pass. For operators.",
    args: {
      mid: t.arg.id({ required: true, description: "The plain id (`mid_bio_1`) or the global one." }),
      gate: t.arg({ type: Gate, required: true }),
      evidence: t.arg.string({
        required: true,
        description: "What shows it: a letter, a ticket, the report of a run. 1 to 2000 characters."
      })
    },
    errors: {
      types: [InvalidInput, OperatorsOnly, UnknownMid, GatePassedBefore, LedgerDidNotAnswer],
      union: { name: "PassGateResult" }
    },
    resolve: async (_root, { mid, gate, evidence }, { run, principal }) => {
      await run(checkText({ evidence }))
      const about = { mid: midNamed(mid), gate, by: principal, evidence: told("evidence", evidence, 2000) }
      await run(
        GateRecord.pipe(
          Effect.flatMap(({ pass }) => pass(about)),
          adviseOnLedger("operate")
        )
      )
      return { mid: about.mid, gate }
    }
  })
)

const RevokeGatePayload = builder
  .objectRef<{ readonly mid: string; readonly gate: KernelGate }>("RevokeGatePayload")
  .implement({
    description: "`missingGates` of the account shows it, a moment later in every process.",
    fields: (t) => ({ midId: t.exposeString("mid"), gate: t.expose("gate", { type: Gate }) })
  })

builder.mutationField("revokeGate", (t) =>
  t.field({
    type: RevokeGatePayload,
    description:
      "Takes back a gate that a merchant account passed. From then on nothing new is sent on a live account, until it is passed again; what is in flight runs to its end. For operators.",
    args: {
      mid: t.arg.id({ required: true, description: "The plain id (`mid_bio_1`) or the global one." }),
      gate: t.arg({ type: Gate, required: true }),
      reason: t.arg.string({ required: true, description: "Why: 1 to 500 characters." })
    },
    errors: {
      types: [InvalidInput, OperatorsOnly, UnknownMid, GateNotPassed, LedgerDidNotAnswer],
      union: { name: "RevokeGateResult" }
    },
    resolve: async (_root, { mid, gate, reason }, { run, principal }) => {
      await run(checkText({ reason }))
      const about = { mid: midNamed(mid), gate, by: principal, reason: told("reason", reason, 500) }
      await run(
        GateRecord.pipe(
          Effect.flatMap(({ revoke }) => revoke(about)),
          adviseOnLedger("operate")
        )
      )
      return { mid: about.mid, gate }
    }
  })
)

const told = (field: string, text: string, longest: number): string => {
  const said = text.trim()
  if (said !== "" && said.length <= longest) return said
  throw new InvalidInput({ field, problem: `is not a text of 1 to ${longest} characters` })
}

const midNamed = (mid: string): MidId => {
  const id = plainId("MerchantAccount", mid)
  if (!/^[a-z0-9_]{1,63}$/.test(id)) throw new UnknownMid({ mid: withoutCardNumber(id).slice(0, 80) })
  return MidId.make(id)
}

builder.objectType(GateNotPassed, {
  name: "GateNotPassed",
  interfaces: [Refusal],
  fields: (t) => ({ midId: t.exposeString("mid"), gate: t.expose("gate", { type: Gate }) })
})

builder.objectType(GatePassedBefore, {
  name: "GatePassedBefore",
  interfaces: [Refusal],
  fields: (t) => ({ midId: t.exposeString("mid"), gate: t.expose("gate", { type: Gate }) })
})
