import type { Fields } from "../plumbing/Fields.ts"
import type { CardFacts } from "./records.ts"
import { settingsOf, type World } from "./world.ts"

/** The longest window that a request may ask for. */
const longest = 7_862_400

interface Asked {
  readonly account: string
  readonly type: string
  readonly amount: number
  readonly card: CardFacts
  readonly orderId: string
  readonly processorId: string
}

/**
 * What the duplicate check has against a charge. It compares amount and card within one processor of one account,
 * and nothing beyond.
 */
export const duplicateProblem = (world: World, asked: Asked, fields: Fields): string | undefined => {
  const settings = settingsOf(world, asked.account)
  const override = fields.get("dup_seconds")
  if (override !== undefined && !settings.allowOverride) {
    return "Disabling Duplicate Check is not allowed for this processor"
  }
  if (override !== undefined && !(/^\d{1,7}$/.test(override) && Number(override) <= longest)) {
    return "Invalid dup_seconds"
  }
  const window = override === undefined ? settings.duplicateSeconds : Number(override)
  if (window === 0 || asked.type === "validate") return undefined
  const since = world.bench.clock.now() - window * 1000
  const first = world.transactions
    .all()
    .find(
      (transaction) =>
        transaction.account === asked.account &&
        transaction.processorId === asked.processorId &&
        transaction.type === asked.type &&
        transaction.requested === asked.amount &&
        transaction.card.fingerprint === asked.card.fingerprint &&
        transaction.at > since &&
        (settings.declinesCount || transaction.condition !== "failed") &&
        (!settings.orderIdCounts || transaction.orderId === asked.orderId)
    )
  return first === undefined ? undefined : "Duplicate transaction"
}
