import { Effect, Schema } from "effect"
import { LedgerDidNotAnswer } from "../http/doorRefusals.ts"
import { adviseOnLedger } from "../http/refusals.ts"
import type { ChangeRequest as KernelChange } from "../kernel/changes/ChangeRequest.ts"
import { ChangeOpenAlready } from "../kernel/changes/changeRefusals.ts"
import { Changes } from "../kernel/changes/Changes.ts"
import { routingWanted } from "../kernel/changes/routingWanted.ts"
import { EntityRegistry, UnknownMid } from "../kernel/EntityRegistry.ts"
import { MidId } from "../kernel/ids.ts"
import { AcceptanceRules } from "../kernel/MerchantAccount.ts"
import { OperatorsOnly } from "../kernel/operations/operatorRefusals.ts"
import { InvalidInput } from "../kernel/refusals.ts"
import { builder } from "./builder.ts"
import { AccountChangeInput, changesOf, PolicyReplayPayload } from "./PolicyReplay.ts"
import { runReplay } from "./policyReplayRun.ts"
import { ChangeRequest } from "./refs.ts"
import { daysOf, DayWindow } from "./window.ts"

const ChangeRoutingPayload = builder
  .objectRef<{ readonly change: KernelChange }>("ChangeRoutingPayload")
  .implement({
    description: "What waits for a second person.",
    fields: (t) => ({ changeRequest: t.expose("change", { type: ChangeRequest }) })
  })

builder.mutationField("changeRouting", (t) =>
  t.field({
    type: ChangeRoutingPayload,
    description:
      "Asks for another version of the routing policy: ranks, shares and rules of some accounts. It always takes two persons; `policyReplay` of the request shows what would have been chosen. For operators.",
    args: {
      changes: t.arg({ type: [AccountChangeInput], required: true }),
      reason: t.arg.string({ required: true, description: "Why: one line of 1 to 500 characters." })
    },
    errors: {
      types: [InvalidInput, UnknownMid, ChangeOpenAlready, OperatorsOnly, LedgerDidNotAnswer],
      union: { name: "ChangeRoutingResult" }
    },
    resolve: async (_root, { changes, reason }, { run, principal, key }) => ({
      change: await run(
        Effect.gen(function* () {
          const snapshot = yield* (yield* EntityRegistry).snapshot
          const wanted = yield* routingWanted(snapshot, yield* changesOf(changes))
          const asked = { kind: "change_routing" as const, wanted, reason }
          const heard = yield* (yield* Changes).request({ by: principal, byKey: key }, asked)
          if (heard._tag === "Requested") return heard.change
          return yield* new InvalidInput({
            field: "changes",
            problem: "change nothing: it stands so already"
          })
        }).pipe(adviseOnLedger("operate"))
      )
    })
  })
)

const Wanted = Schema.Struct({
  accounts: Schema.Record(
    Schema.String,
    Schema.Struct({
      priority: Schema.optionalKey(Schema.Int),
      weight: Schema.optionalKey(Schema.Int),
      accepts: Schema.optionalKey(AcceptanceRules)
    })
  )
})
const decode = Schema.decodeUnknownEffect(Wanted)

/** A rule that the new version does not have is taken away. */
const noRules: Readonly<Record<string, null>> = {
  minimumAmount: null,
  maximumAmount: null,
  cardBrands: null,
  countries: null,
  vaults: null,
  blockedBins: null,
  highestRisk: null
}

builder.objectField(ChangeRequest, "policyReplay", (t) =>
  t.field({
    type: PolicyReplayPayload,
    nullable: true,
    description:
      "Of a change of routing: what would have been chosen in a window, beside what was. Null for other kinds. Looked at by whoever signs.",
    args: {
      window: t.arg({ type: DayWindow, required: true }),
      examples: t.arg.int({ description: "How many of those that differ to show: 0 to 50, 10 unless said." })
    },
    errors: { types: [InvalidInput, LedgerDidNotAnswer], union: { name: "ChangeReplayResult" } },
    resolve: ({ kind, wanted }, { window, examples }, { run, scope }) =>
      kind === "change_routing"
        ? run(
            Effect.gen(function* () {
              const days = yield* daysOf(window)
              const shown = Math.min(Math.max(examples ?? 10, 0), 50)
              const { accounts } = yield* Effect.orDie(decode(wanted))
              const changes = Object.entries(accounts).map(([mid, { accepts, ...values }]) => ({
                ...values,
                mid: MidId.make(mid),
                ...(accepts === undefined ? {} : { accepts: { ...noRules, ...accepts } })
              }))
              return yield* runReplay(scope, { days, entity: undefined, changes, examples: shown })
            }).pipe(adviseOnLedger("read"))
          )
        : null
  })
)
