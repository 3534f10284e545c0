import type { AuditRowTold } from "../db/reads/history.ts"
import { builder } from "./builder.ts"

export const AuditRow = builder.objectRef<AuditRowTold>("AuditRow").implement({
  description: "Who did what, chained by hashes to the row before it.",
  fields: (t) => ({
    position: t.exposeInt("position", { description: "Counts the rows of one chain from 1." }),
    at: t.expose("at", { type: "DateTime" }),
    actor: t.exposeString("actor", { description: "An API key's principal, an operator or a worker." }),
    action: t.exposeString("action", { description: "`attempt.captured`." }),
    detail: t.expose("detail", { type: "Json" }),
    hash: t.exposeString("hash", { description: "SHA-256 of the row and the hash before it, hexadecimal." })
  })
})

export const AuditRowConnection = builder.connectionObject({ type: AuditRow, name: "AuditRowConnection" })
