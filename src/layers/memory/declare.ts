import type {
  DeclarationRefusal,
  DeclaredBefore,
  Declaring,
  IdempotentRequest
} from "../../kernel/PaymentLedger.ts"
import type { SessionDeclaration } from "../../kernel/PaymentSession.ts"
import type { SessionConfig } from "../../kernel/SessionConfig.ts"
import { liveSessionOfOrder } from "./constraints.ts"
import { earlier, sameBody, toJson } from "./requests.ts"
import { toSession } from "./rows.ts"
import type { SessionRow, Store } from "./Store.ts"
import { audit, insert, type Transaction } from "./transaction.ts"

/** What came before under the key of a declaration. */
export const declaredBefore = (
  store: Store,
  request: IdempotentRequest<SessionConfig>
): DeclaredBefore | undefined => {
  const before = earlier(store, "create", request)
  const known = before === undefined ? undefined : store.sessions.get(before.session)
  if (before === undefined || known === undefined) return undefined
  return sameBody(before.body, request.body)
    ? { _tag: "Replayed", session: toSession(known) }
    : { _tag: "KeyReused", earlierBody: before.body }
}

const declarationRefusal = (
  { entities, brands }: Store,
  { entity, brand, category }: SessionDeclaration
): DeclarationRefusal | undefined => {
  const seller = entities.get(entity)
  if (seller?.collects !== true) return "entity_cannot_collect"
  if (brands.get(brand)?.entities.includes(entity) !== true) return "brand_not_of_entity"
  return seller.underwrittenFor.includes(category) ? undefined : "not_underwritten"
}

/** A new pending session, its key and its audit row; or what stands against it, and nothing written. */
export const declare = (
  store: Store,
  now: number,
  declaration: SessionDeclaration,
  lifetime: number,
  request: IdempotentRequest<SessionConfig>
): Declaring => {
  const before = declaredBefore(store, request)
  if (before !== undefined) return before
  const reason = declarationRefusal(store, declaration)
  if (reason !== undefined) return { _tag: "NotAllowed", reason }
  const other = liveSessionOfOrder(store, { declaration })
  if (other !== undefined) {
    return { _tag: "OrderTaken", session: other.declaration.id, state: other.state }
  }
  const session: SessionRow = {
    declaration,
    createdAt: now,
    expiresAt: now + lifetime,
    updatedAt: now,
    state: "pending",
    fence: 0,
    round: 0,
    fulfilment: "none",
    attempts: [],
    evidence: [],
    facts: [],
    refunds: [],
    refundEvidence: [],
    returns: [],
    incidents: [],
    decisions: [],
    audit: []
  }
  const transaction: Transaction = { store, now, session, keys: [], events: [] }
  if (request.idempotencyKey !== undefined) {
    transaction.keys.push({
      by: request.by,
      operation: "create",
      key: request.idempotencyKey,
      session: declaration.id,
      body: toJson(request.body)
    })
  }
  audit(transaction, request.by, "session_declared")
  insert(transaction)
  return { _tag: "Created", session: toSession(session) }
}
