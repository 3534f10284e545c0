import type { CardSeconds } from "./Bench.ts"
import { checkDigit } from "./cards.ts"
import type { Fault } from "./Fault.ts"

/** A card that a person can type to have something go wrong. */
export interface FaultCard {
  readonly number: string
  /** The gateway at which it does so; every other one charges it. */
  readonly at: "stripe" | "nmi" | "any" | "vault"
  readonly does: string
  readonly fault: (seconds: CardSeconds) => Fault
}

/** 4000 99 and the number of the fault; the last digit makes it check. */
const numbered = (prefix: string, id: number): string => {
  const digits = `${prefix}${String(id).padStart(15 - prefix.length, "0")}`
  return `${digits}${checkDigit(digits)}`
}

const card = (
  id: number,
  at: FaultCard["at"],
  does: string,
  fault: (seconds: CardSeconds) => Fault
): FaultCard => ({ number: numbered("400099", id), at, does, fault })

const plain =
  (kind: Fault["kind"], more: Partial<Fault> = {}) =>
  (): Fault => ({ ...more, kind })

/** What each does happens at every charge of it, and not when an earlier answer is replayed. */
export const faultCards: ReadonlyArray<FaultCard> = [
  card(1, "any", "connection cut before anything happened", plain("cut_before")),
  card(2, "any", "money moves, connection cut", plain("cut_after")),
  card(3, "any", "worked on after 2 s, captured", ({ slow }) => ({ kind: "slow", seconds: slow })),
  card(4, "any", "money moves, answered after 45 s", ({ late }) => ({ kind: "late_answer", seconds: late })),
  card(5, "any", "answered with an error, money moves 8 s later", ({ lateMoney }) => ({
    kind: "late_money",
    seconds: lateMoney,
    answer: "error"
  })),
  card(6, "any", "answered as pending, money moves 8 s later", ({ lateMoney }) => ({
    kind: "late_money",
    seconds: lateMoney,
    answer: "pending"
  })),
  card(7, "any", "connection cut, money moves 8 s later", ({ lateMoney }) => ({
    kind: "late_money",
    seconds: lateMoney,
    answer: "cut"
  })),
  card(8, "any", "declined, and the money moves 8 s later all the same", ({ lateMoney }) => ({
    kind: "late_money",
    seconds: lateMoney,
    answer: "decline"
  })),
  card(9, "any", "a 503, nothing happened", plain("error_before", { status: 503 })),
  card(10, "any", "money moves, a 502", plain("error_after", { status: 502 })),
  card(11, "any", "money moves, an answer that says duplicate", plain("duplicate_answer")),
  card(12, "any", "money moves, an answer that is HTML", plain("malformed")),
  card(13, "any", "money moves, an answer cut in the middle", plain("truncated")),
  card(14, "any", "money moves, an empty answer", plain("empty")),
  card(15, "any", "money moves, the answer's body twice", plain("answer_twice")),
  card(16, "any", "money moves, an answer that contradicts itself", plain("contradictory", { variant: 1 })),
  card(17, "any", "the same in another way", plain("contradictory", { variant: 2 })),
  card(18, "any", "the same in a third way", plain("contradictory", { variant: 3 })),
  card(19, "any", "money moves, connection cut, lookups see nothing for 20 s", ({ blind }) => ({
    kind: "cut_after",
    blindSeconds: blind
  })),
  card(20, "any", "asked too often, nothing happened", plain("rate_limited")),
  card(21, "stripe", "declined (do_not_honor) at Stripe only", plain("code", { code: "do_not_honor" })),
  card(22, "nmi", "declined (201) at NMI only", plain("code", { code: "201" })),
  card(23, "stripe", "money moves and connection cut at Stripe only", plain("cut_after")),
  card(24, "nmi", "money moves and connection cut at NMI only", plain("cut_after")),
  card(25, "nmi", "half of the amount approved", plain("partial")),
  card(31, "vault", "the proxy says 408 and never forwards", plain("proxy_408_before")),
  card(32, "vault", "the proxy forwards and says 408", plain("proxy_408_after")),
  card(33, "vault", "the proxy says 408 and forwards 8 s later", ({ lateMoney }) => ({
    kind: "proxy_408_then",
    seconds: lateMoney
  })),
  card(34, "vault", "the proxy refuses before forwarding", plain("proxy_error")),
  card(41, "any", "captured, no webhook", plain("webhook_unsent")),
  card(42, "any", "captured, webhook 30 s later", ({ webhook }) => ({
    kind: "webhook_delayed",
    seconds: webhook
  })),
  card(43, "any", "captured, webhook twice", plain("webhook_twice")),
  card(44, "any", "captured, webhook after the next one", plain("webhook_reordered")),
  card(45, "any", "captured, a forged webhook before the true one", plain("webhook_forged"))
]

/** The number of the card that a gateway answers with a code, given its place in a list or the code itself. */
export const codeCard = (family: "declines" | "stays" | "moves", id: number): string =>
  numbered({ declines: "400096", stays: "400098", moves: "400097" }[family], id)

const byNumber = new Map(faultCards.map((one) => [one.number, one]))

/** What a magic card asks of a gateway, if it is one. */
export const faultOfCard = (
  gateway: "stripe" | "nmi" | "vault",
  number: string,
  seconds: CardSeconds
): Fault | undefined => {
  const found = byNumber.get(number)
  if (found === undefined) return undefined
  const here = found.at === gateway || (found.at === "any" && gateway !== "vault")
  return here ? found.fault(seconds) : undefined
}
