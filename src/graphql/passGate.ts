import { Effect } from "effect"
import { LedgerDidNotAnswer } from "../http/doorRefusals.ts"
import { adviseOnLedger } from "../http/refusals.ts"
import { withoutCardNumber } from "../kernel/cardNumbers.ts"
import { UnknownMid } from "../kernel/EntityRegistry.ts"
import { MidId } from "../kernel/ids.ts"
import type { Gate as KernelGate } from "../kernel/MerchantAccount.ts"
import { GateRecord } from "../kernel/operations/GateRecord.ts"
import { GatePassedBefore, OperatorsOnly } from "../kernel/operations/operatorRefusals.ts"
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
      "Puts on record that a merchant account passed a gate on its way to live, with what you vouch by. It stays on record as it is. For operators.",
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
      const said = evidence.trim()
      if (said === "" || said.length > 2000) {
        throw new InvalidInput({ field: "evidence", problem: "is not a text of 1 to 2000 characters" })
      }
      const id = plainId("MerchantAccount", mid)
      if (!/^[a-z0-9_]{1,63}$/.test(id)) throw new UnknownMid({ mid: withoutCardNumber(id).slice(0, 80) })
      const passing = { mid: MidId.make(id), gate, by: principal, evidence: said }
      await run(
        GateRecord.pipe(
          Effect.flatMap(({ pass }) => pass(passing)),
          adviseOnLedger("operate")
        )
      )
      return { mid: id, gate }
    }
  })
)

builder.objectType(GatePassedBefore, {
  name: "GatePassedBefore",
  interfaces: [Refusal],
  fields: (t) => ({ midId: t.exposeString("mid"), gate: t.expose("gate", { type: Gate }) })
})
