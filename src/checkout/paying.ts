import type { Door } from "./door.ts"
import type { Standing } from "./wire.ts"

/** Why a payment led to nothing; each of them says that nothing was charged. */
type Problem = "lost" | "card" | "often" | "vault"

const problemOf = (code: string): Problem =>
  code === "too_many_requests" ? "often" : code === "vault_unavailable" ? "vault" : "card"

/** What came of a payment for certain. */
export interface Outcome {
  readonly standing: Standing
  readonly problem?: Problem
}

const first = 700
const most = 10_000

/** So long a payment is asked for by itself; whoever comes on the line later wants to be asked before paying. */
const patience = 120_000

export const wait = (pause: number) => new Promise((resolve) => setTimeout(resolve, pause))

export const takesCard = ({ stage }: Standing): boolean => stage === "pay" || stage === "declined"

/** Whether nothing can come of a turn any more, or something has. */
const isOver = (standing: Standing, turn: number): boolean =>
  standing.turn !== turn || (!takesCard(standing) && standing.stage !== "processing")

/**
 * Ends a turn for good, unless it is over: what of it is still on its way charges nothing when it arrives. Only after
 * that anybody may be told that nothing was charged. `unused` is told where no card was asked for in it until then.
 */
export const giveBack = async (door: Door, turn: number, unused?: (before: Standing) => void) => {
  const looked = await door.look()
  if (looked._tag !== "Standing" || !takesCard(looked.standing) || looked.standing.turn !== turn)
    return looked
  unused?.(looked.standing)
  return door.withdraw(turn)
}

/**
 * Asks for one payment until it is known what came of it. A lost answer is no outcome: the same is asked for again, in
 * the same turn and with the same card, which charges once however often it arrives. After a while, or when it is
 * refused, it is given back instead: a refusal is of that one question, and an earlier one may still be on its way.
 */
export const payFor = async (
  door: Door,
  turn: number,
  token: { readonly vaultId: string; readonly tokenRef: string },
  onLost: () => void
): Promise<Outcome> => {
  const begun = Date.now()
  let refused: Problem | undefined
  let lost = false
  // What is called declined then is the card of an earlier turn.
  let declinedBefore = false
  const unused = ({ stage }: Standing) => {
    declinedBefore = stage === "declined"
  }
  for (let pause = first; ; pause = Math.min(pause * 1.6, most)) {
    const ends = refused !== undefined || Date.now() - begun > patience
    let answer = await (ends ? giveBack(door, turn, unused) : door.pay(turn, token))
    if (answer._tag === "Lost") {
      lost = true
      onLost()
      await wait(pause)
      // It may have arrived all the same.
      answer = await door.look()
      if (answer._tag !== "Standing" || !isOver(answer.standing, turn)) continue
    }
    if (answer._tag === "Standing") {
      const { standing } = answer
      // Unless the card was tried and declined, nothing came of asking. What was refused at once was not tried.
      const tried =
        standing.stage === "declined" &&
        !declinedBefore &&
        (refused === undefined || (refused === "often" && lost))
      return { standing, ...(takesCard(standing) && !tried ? { problem: refused ?? "lost" } : {}) }
    }
    if (answer._tag === "Refused" && refused === undefined && !ends) refused = problemOf(answer.code)
    else await wait(pause)
  }
}
