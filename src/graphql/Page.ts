import { Effect } from "effect"
import { pageOf } from "../db/reads/Page.ts"
import { adviseOnLedger } from "../http/refusals.ts"
import type { Page as KernelPage } from "../kernel/operations/Page.ts"
import { PageRecord } from "../kernel/operations/Paging.ts"
import { builder } from "./builder.ts"
import { PageKind } from "./enums.ts"
import { connectionOf, sliceOf } from "./pages.ts"

const OperationsPage = builder.objectRef<KernelPage>("OperationsPage").implement({
  description: "A call for a person, made once.",
  fields: (t) => ({
    pageId: t.exposeString("id", { description: "The plain id: `pg_1`." }),
    kind: t.expose("kind", { type: PageKind }),
    attemptId: t.exposeString("attempt", {
      description: "Of a refund or an incident: the attempt that it is of."
    }),
    refundId: t.exposeString("refund", {
      nullable: true,
      description: "The refund in review: a review says what became of it."
    }),
    sessionId: t.exposeString("session"),
    midId: t.exposeString("mid"),
    provider: t.exposeString("provider"),
    incident: t.expose("incident", {
      type: "WholeNumber",
      nullable: true,
      description: "The number of the incident: a review with `handled` closes it."
    }),
    incidentKind: t.exposeString("incidentKind", { nullable: true, description: "`late_capture`." }),
    raisedAt: t.expose("raisedAt", { type: "DateTime" }),
    open: t.exposeBoolean("open", { description: "Nobody has dealt with it yet." })
  })
})

const OperationsPageConnection = builder.connectionObject({
  type: OperationsPage,
  name: "OperationsPageConnection"
})

builder.queryField("operationsPages", (t) =>
  t.connection(
    {
      type: OperationsPage,
      nullable: true,
      description: "Calls for a person, the newest first. For operators.",
      resolve: async (_root, page, { principal, run }) => {
        const slice = sliceOf("page", page)
        const { size, from, after, before } = slice
        const asked = { size, from, after: after?.major, before: before?.major }
        const found = await run(
          PageRecord.pipe(
            Effect.flatMap(({ list }) => list(principal, asked)),
            adviseOnLedger("readOperations")
          )
        )
        const rows = found.map((node) => ({
          node,
          position: { major: node.id.slice("pg_".length), id: node.id }
        }))
        return connectionOf("page", pageOf(slice, rows))
      }
    },
    OperationsPageConnection
  )
)
