import type { CommittedAttempt } from "../../kernel/cascade/SendPermit.ts"
import type { AttemptId, MidId } from "../../kernel/ids.ts"
import { gatesByOnePerson, missingGates } from "../../kernel/MerchantAccount.ts"
import type { Money } from "../../kernel/Money.ts"
import type { PermitRefusal } from "../../kernel/PaymentLedger.ts"
import { type CountedCard, retryRefusal, type Try } from "../../kernel/routing/retryBudgets.ts"
import type { SessionRow, Store } from "./Store.ts"

/** An account that an attempt is to be written on, or the attempt itself as it was written. */
export type Asked = Pick<CommittedAttempt, "mid" | "provider"> & {
  readonly card: CountedCard | undefined
  readonly attempt?: AttemptId
}

/** Why an account may not be sent to for a session right now; the first reason in the order of the contract. */
export const permitRefusal = (
  store: Store,
  now: number,
  session: SessionRow,
  { mid, provider, card, attempt }: Asked
): PermitRefusal | undefined => {
  const { entity, category, money } = session.declaration
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
  if (missingGates(account).length > 0) return "gates_missing"
  if (gatesByOnePerson(account) !== undefined) return "gates_by_one_person"
  // The networks count charges of money, and a test account makes none.
  return account.live === true && card !== undefined
    ? retried(store, now, session, mid, money, card, attempt)
    : undefined
}

const retried = (
  store: Store,
  now: number,
  session: SessionRow,
  mid: MidId,
  money: Money,
  card: CountedCard,
  asked: AttemptId | undefined
): PermitRefusal | undefined => {
  const { id, entity } = session.declaration
  // The session as the step is about to leave it, and all others as they are.
  const tries = [session, ...[...store.sessions.values()].filter(({ declaration }) => declaration.id !== id)]
    .filter(({ declaration }) => declaration.entity === entity)
    .flatMap(({ attempts, evidence }) =>
      attempts
        .filter((row) => row.card?.fingerprint === card.fingerprint && row.attempt !== asked)
        .map((row): Try => {
          const decline = evidence.find(
            ({ attempt, outcome }) => attempt === row.attempt && outcome._tag === "Declined"
          )?.outcome
          const { advice, offNetwork = false } = decline?._tag === "Declined" ? decline : {}
          return {
            ...row,
            tokenRef: row.card?.tokenRef ?? "",
            advice,
            offNetwork: offNetwork && row.state === "declined"
          }
        })
    )
  return retryRefusal(now, card, mid, money, tries)
}
