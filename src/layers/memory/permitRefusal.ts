import { missingGates } from "../../kernel/MerchantAccount.ts"
import type { CommittedAttempt } from "../../kernel/cascade/SendPermit.ts"
import type { PermitRefusal } from "../../kernel/PaymentLedger.ts"
import type { SessionDeclaration } from "../../kernel/PaymentSession.ts"
import type { Store } from "./Store.ts"

/** Why an account may not be sent to for a session right now; the first reason in the order of the contract. */
export const permitRefusal = (
  store: Store,
  { entity, category }: SessionDeclaration,
  { mid, provider }: Pick<CommittedAttempt, "mid" | "provider">
): PermitRefusal | undefined => {
  const account = store.accounts.get(mid)
  if (account === undefined || account.entity !== entity || account.provider !== provider) {
    return "not_underwritten"
  }
  if (account.killSwitch) return "kill_switch_on"
  if (account.status !== "active") return "not_active"
  const collector = store.entities.get(entity)
  if (!account.underwrittenFor.includes(category) || collector?.underwrittenFor.includes(category) !== true) {
    return "not_underwritten"
  }
  if (!collector.collects) return "entity_cannot_collect"
  return missingGates(account).length > 0 ? "gates_missing" : undefined
}
