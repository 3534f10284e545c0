import { behaviourOf } from "../../src/layers/providers/stub/behaviours.ts"
import { testCardOfToken } from "../../src/layers/providers/stub/testCards.ts"
import type { Underway } from "./Client.ts"
import type { Entry } from "./evidence.ts"
import type { Attempt } from "./history.ts"
import type { CrashPoint } from "./kinds.ts"
import { slowAnswer } from "./timings.ts"

/**
 * Where in a charge a fault struck, as far as the books and the attempts tell afterwards: nothing when the
 * confirmation had nothing to do (it was refused, or repeated), or when what happened left no trace.
 */
export const pointOf = (
  victim: Underway,
  at: number,
  attempts: ReadonlyArray<Attempt>,
  books: ReadonlyMap<string, Entry>
): CrashPoint | undefined => {
  const { question } = victim
  if (question.ask !== "confirm") return undefined
  const before = attempts.filter(({ writtenAt }) => writtenAt <= at)
  const last = before.at(-1)
  if (last === undefined || last.writtenAt < victim.askedAt) {
    const earlier = last?.evidence.findLast(({ heardAt }) => heardAt <= at)?.outcome
    // A session whose earlier charge is not declined takes no new one: this confirmation waits for nothing.
    return last === undefined || earlier === "declined" ? "before P" : undefined
  }
  if (last.evidence.some(({ heardAt, source }) => source === "driver" && heardAt <= at)) return "after C"
  const entry = books.get(last.key)
  // The request of some cards never arrives: whether it was sent cannot be told.
  if (entry === undefined) return lostOnTheWay.has(question.tokenRef) ? undefined : "P without S"
  if (entry.createdAt > at) return "P without S"
  return at < answeredAt(entry) ? "between S and A" : "between A and C"
}

const lostOnTheWay = new Set(["tok_timeout_nothing", "tok_by_amount"])

/** When the gateway's answer arrived, by its card. */
const answeredAt = ({ amount, createdAt, gateway, token }: Entry): number => {
  const rule = testCardOfToken(token)?.rule
  const way = rule === undefined ? "at once" : behaviourOf(rule, gateway, amount).answer
  return way === "lost" ? Number.POSITIVE_INFINITY : createdAt + (way === "slowly" ? slowAnswer : 0)
}
