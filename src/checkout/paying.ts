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
 * Asks for one payment until it is known what came of it. A lost answer is no outcome: the same is asked for again, in
 * the same turn and with the same card, which charges once however often it arrives. After a while it is given back
 * instead of asked for. A refusal is of that one question; an earlier one may have charged, so where the payment stands
 * is looked at before anything is said.
 */
export const payFor = async (
  door: Door,
  turn: number,
  token: { readonly vaultId: string; readonly tokenRef: string },
  onLost: () => void
): Promise<Outcome> => {
  const begun = Date.now()
  let refused: Problem | undefined
  for (let pause = first; ; pause = Math.min(pause * 1.6, most)) {
    const late = Date.now() - begun > patience
    const question = refused !== undefined ? door.look() : late ? door.withdraw(turn) : door.pay(turn, token)
    let answer = await question
    if (answer._tag === "Lost") {
      onLost()
      await wait(pause)
      // It may have arrived all the same.
      answer = await door.look()
      if (answer._tag !== "Standing" || !isOver(answer.standing, turn)) continue
    }
    if (answer._tag === "Standing") {
      const { standing } = answer
      // Unless the card was tried and declined, nothing came of asking.
      const tried =
        standing.stage === "declined" &&
        (refused === undefined || (refused === "often" && standing.turn > turn))
      return { standing, ...(takesCard(standing) && !tried ? { problem: refused ?? "lost" } : {}) }
    }
    if (answer._tag === "Refused" && refused === undefined) refused = problemOf(answer.code)
    else await wait(pause)
  }
}
