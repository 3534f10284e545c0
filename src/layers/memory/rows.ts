import { DateTime } from "effect"
import { Attempt } from "../../kernel/Attempt.ts"
import type { PaymentAction } from "../../kernel/cascade/Disposition.ts"
import { PaymentSession } from "../../kernel/PaymentSession.ts"
import type { AttemptRow, SessionRow } from "./Store.ts"

/** A row as the kernel's noun. */
export const toSession = (row: SessionRow): PaymentSession => {
  const action = actionOf(row)
  return new PaymentSession({
    ...row.declaration,
    state: row.state,
    ...(action === undefined ? {} : { action }),
    createdAt: DateTime.makeUnsafe(row.createdAt),
    expiresAt: DateTime.makeUnsafe(row.expiresAt),
    updatedAt: DateTime.makeUnsafe(row.updatedAt)
  })
}

/** What the customer of a session in review has to do, as its processor said last. */
export const actionOf = ({ state, attempts, evidence }: SessionRow): PaymentAction | undefined => {
  const live = attempts.find((attempt) => attempt.state === "indeterminate")
  if (state !== "in_review" || live === undefined) return undefined
  return evidence
    .filter(({ attempt }) => attempt === live.attempt)
    .map(({ outcome }) => (outcome._tag === "Indeterminate" ? outcome.action : undefined))
    .findLast((action) => action !== undefined)
}

export const toAttempt = ({ declaration }: SessionRow, row: AttemptRow): Attempt =>
  new Attempt({
    id: row.attempt,
    session: row.session,
    ordinal: row.ordinal,
    mid: row.mid,
    entity: declaration.entity,
    provider: row.provider,
    category: declaration.category,
    brand: declaration.brand,
    money: row.money,
    idempotencyKey: row.idempotencyKey,
    state: row.state
  })
