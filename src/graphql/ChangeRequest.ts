import { Effect } from "effect"
import { pageOf } from "../db/reads/Page.ts"
import { adviseOnLedger } from "../http/refusals.ts"
import { ChangeRequest as KernelChange } from "../kernel/changes/ChangeRequest.ts"
import { Changes } from "../kernel/changes/Changes.ts"
import * as Refusals from "../kernel/changes/changeRefusals.ts"
import type { LedgerUnavailable } from "../kernel/PaymentLedger.ts"
import { builder } from "./builder.ts"
import { ChangeKind, ChangeState } from "./changeWords.ts"
import type { GraphqlContext } from "./context.ts"
import { connectionOf, sliceOf } from "./pages.ts"
import { plainId } from "./plainId.ts"
import { Difference, Refusal } from "./Refusal.ts"
import { ChangeRequest } from "./refs.ts"

builder.node(ChangeRequest, {
  description:
    "What one operator asks for because it loosens what guards money, and what another person said to it. It is done when that one approves, and only if what it was asked against still stands.",
  isTypeOf: (value) => value instanceof KernelChange,
  id: { resolve: ({ id }) => id },
  loadManyWithoutCache: async (ids, context) => {
    const found = await read(context, ({ byId }, by) =>
      byId(by, ids).pipe(Effect.catchTag("OperatorsOnly", () => Effect.succeed([])))
    )
    return ids.map((id) => found.find((one) => one.id === id))
  },
  fields: (t) => ({
    changeId: t.exposeString("id", { description: "The plain id: `cr_1`." }),
    kind: t.expose("kind", { type: ChangeKind }),
    wanted: t.expose("wanted", { type: "Json", description: "The exact new values." }),
    before: t.expose("before", { type: "Json", description: "What stood there when it was asked for." }),
    reason: t.exposeString("reason"),
    state: t.expose("state", { type: ChangeState }),
    requestedBy: t.exposeString("requestedBy"),
    requestedAt: t.expose("requestedAt", { type: "DateTime" }),
    expiresAt: t.expose("expiresAt", {
      type: "DateTime",
      description: "Later it is not approved any more."
    }),
    decidedBy: t.exposeString("decidedBy", { nullable: true }),
    decidedAt: t.expose("decidedAt", { type: "DateTime", nullable: true }),
    done: t.exposeString("done", { nullable: true, description: "What came of it: the id of the refund." }),
    said: t.exposeString("said", { nullable: true, description: "Why it was rejected or withdrawn." })
  })
})

const ChangeRequestConnection = builder.connectionObject({
  type: ChangeRequest,
  name: "ChangeRequestConnection"
})

const read = <A, E>(
  { principal, run }: GraphqlContext,
  does: (
    changes: Changes["Service"],
    by: GraphqlContext["principal"]
  ) => Effect.Effect<A, E | LedgerUnavailable>
) =>
  run(
    Changes.pipe(
      Effect.flatMap((changes) => does(changes, principal)),
      adviseOnLedger("readOperations")
    )
  )

builder.queryFields((t) => ({
  changeRequest: t.field({
    type: ChangeRequest,
    nullable: true,
    description: "One change request; null when there is none, and for whoever is no operator.",
    args: { id: t.arg.id({ required: true, description: "`cr_...`, or the global id." }) },
    resolve: async (_root, { id }, context) => {
      const [found] = await read(context, ({ byId }, by) =>
        byId(by, [plainId("ChangeRequest", id)]).pipe(
          Effect.catchTag("OperatorsOnly", () => Effect.succeed([]))
        )
      )
      return found
    }
  }),
  changeRequests: t.connection(
    {
      type: ChangeRequest,
      nullable: true,
      description: "What takes two persons, the newest first. For operators.",
      args: {
        states: t.arg({ type: [ChangeState], description: "Only those that stand so." }),
        kinds: t.arg({ type: [ChangeKind], description: "Only those of these kinds." })
      },
      resolve: async (_root, { states, kinds, ...page }, context) => {
        const about = { states: states ?? undefined, kinds: kinds ?? undefined }
        const slice = sliceOf("change", page, about)
        const { size, from, after, before } = slice
        const asked = { ...about, size, from, after: after?.major, before: before?.major }
        const found = await read(context, ({ list }, by) => list(by, asked))
        const rows = found.map((node) => ({
          node,
          position: { major: node.id.slice("cr_".length), id: node.id }
        }))
        return connectionOf("change", pageOf(slice, rows), about)
      }
    },
    ChangeRequestConnection
  )
}))

builder.objectType(Refusals.NeedsApproval, {
  name: "NeedsApproval",
  description: "It takes two persons, and waits for the second one now. Nothing else was done.",
  interfaces: [Refusal],
  fields: (t) => ({
    changeId: t.string({
      description: "The request that waits: `cr_1`.",
      resolve: ({ change }) => change.id
    }),
    expiresAt: t.field({ type: "DateTime", resolve: ({ change }) => change.expiresAt }),
    changeRequest: t.expose("change", { type: ChangeRequest, description: "All of it, for operators." })
  })
})

builder.objectType(Refusals.UnknownChange, {
  name: "UnknownChange",
  interfaces: [Refusal],
  fields: (t) => ({ changeId: t.exposeString("change") })
})

builder.objectType(Refusals.ChangeOpenAlready, {
  name: "ChangeOpenAlready",
  description: "Something else is asked for of the same.",
  interfaces: [Refusal],
  fields: (t) => ({ changeId: t.exposeString("change") })
})

builder.objectType(Refusals.ChangeDecided, {
  name: "ChangeDecided",
  interfaces: [Refusal],
  fields: (t) => ({ state: t.expose("state", { type: ChangeState }) })
})

builder.objectType(Refusals.ChangedSince, {
  name: "ChangedSince",
  description: "What it was asked against does not stand any more.",
  interfaces: [Refusal],
  fields: (t) => ({ differences: t.expose("differences", { type: [Difference] }) })
})

builder.objectType(Refusals.AskedByAnother, {
  name: "AskedByAnother",
  description: "Only whoever asked withdraws; everybody else rejects.",
  interfaces: [Refusal]
})
