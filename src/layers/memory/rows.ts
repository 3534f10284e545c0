import { DateTime } from "effect"
import { Attempt } from "../../kernel/Attempt.ts"
import { PaymentSession } from "../../kernel/PaymentSession.ts"
import type { AttemptRow, SessionRow } from "./Store.ts"

/** A row as the kernel's noun. */
export const toSession = ({
  declaration,
  state,
  createdAt,
  expiresAt,
  updatedAt
}: SessionRow): PaymentSession =>
  new PaymentSession({
    ...declaration,
    state,
    createdAt: DateTime.makeUnsafe(createdAt),
    expiresAt: DateTime.makeUnsafe(expiresAt),
    updatedAt: DateTime.makeUnsafe(updatedAt)
  })

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
