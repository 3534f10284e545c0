/** What a simulated gateway does with one charge. */
export interface Behaviour {
  /** For people: what happens, in one sentence. */
  readonly does: string
  /** What the gateway writes into its books; `nothing` if the request never reaches it. */
  readonly writes: "captured" | "declined" | "nothing"
  /** The code of its answer. */
  readonly code: string
  /** What becomes of the answer on its way to us. */
  readonly answer: "at once" | "slowly" | "lost" | "garbled"
  /** The money moves only after a while; until then a lookup says that the charge is pending. */
  readonly late?: true
  /** The first two lookups deny the charge. */
  readonly lies?: true
}

const behaves = <Name extends string>(table: Readonly<Record<Name, Behaviour>>) => table

export const behaviours = behaves({
  captured: { does: "captured", writes: "captured", code: "approved", answer: "at once" },
  soft_decline: {
    does: "declined; another account may take it",
    writes: "declined",
    code: "do_not_honor",
    answer: "at once"
  },
  hard_decline: {
    does: "declined for good: reported stolen, so no other account is asked",
    writes: "declined",
    code: "stolen_card",
    answer: "at once"
  },
  slow_decline: {
    does: "declined; the answer takes 2 seconds, and another account may take it",
    writes: "declined",
    code: "do_not_honor",
    answer: "slowly"
  },
  insufficient_funds: {
    does: "declined for good: no account can fetch money that is not there",
    writes: "declined",
    code: "insufficient_funds",
    answer: "at once"
  },
  timeout_captured: {
    does: "the money moves at once, the answer never comes",
    writes: "captured",
    code: "approved",
    answer: "lost"
  },
  timeout_captured_late: {
    does: "the answer never comes and the money moves 8 seconds later; until then a lookup says pending",
    writes: "captured",
    code: "approved",
    answer: "lost",
    late: true
  },
  timeout_nothing: {
    does: "the request is lost: no answer, and no money moves",
    writes: "nothing",
    code: "none",
    answer: "lost"
  },
  slow: {
    does: "captured; the answer takes 2 seconds, which is within the deadline",
    writes: "captured",
    code: "approved",
    answer: "slowly"
  },
  lies_on_lookup: {
    does: "the money moves, the answer is lost, and the first two lookups deny the charge",
    writes: "captured",
    code: "approved",
    answer: "lost",
    lies: true
  },
  duplicate: {
    does: "the money moves, and the answer is “duplicate transaction”, which proves nothing",
    writes: "captured",
    code: "duplicate_transaction",
    answer: "at once"
  },
  garbled: {
    does: "the money moves, and the answer cannot be read",
    writes: "captured",
    code: "approved",
    answer: "garbled"
  }
})

export type BehaviourName = keyof typeof behaviours

/** A behaviour, or a rule that picks one when the charge arrives. */
export type Rule = BehaviourName | "declined_at_stub_a" | "declined_slowly_at_stub_a" | "by_amount"

/** The rules that are not behaviours themselves, for people. */
const ruleDoes: Readonly<Record<Exclude<Rule, BehaviourName>, string>> = {
  declined_at_stub_a: "declined (soft) by every account at `stub_a`, captured by every other",
  declined_slowly_at_stub_a: "as above, and `stub_a` takes 2 seconds to say so",
  by_amount: "the last two digits of the amount choose, see below"
}

/** The last two digits of an amount in minor units, and what they choose. Other endings are captured. */
export const amountEndings: ReadonlyMap<number, Exclude<Rule, "by_amount">> = new Map<
  number,
  Exclude<Rule, "by_amount">
>([
  [0, "captured"],
  [1, "soft_decline"],
  [2, "hard_decline"],
  [3, "insufficient_funds"],
  [4, "declined_at_stub_a"],
  [5, "timeout_captured"],
  [6, "timeout_captured_late"],
  [7, "timeout_nothing"],
  [8, "slow"],
  [9, "lies_on_lookup"],
  [10, "duplicate"],
  [11, "garbled"],
  [12, "slow_decline"],
  [13, "declined_slowly_at_stub_a"]
])

/** What a gateway does with an amount of minor units under a rule. */
export const behaviourOf = (rule: Rule, gateway: string, amount: number): Behaviour => {
  const chosen = rule === "by_amount" ? (amountEndings.get(amount % 100) ?? "captured") : rule
  if (chosen !== "declined_at_stub_a" && chosen !== "declined_slowly_at_stub_a") return behaviours[chosen]
  if (gateway !== "stub_a") return behaviours.captured
  return chosen === "declined_at_stub_a" ? behaviours.soft_decline : behaviours.slow_decline
}

/** What a rule does, for people. */
export const doesOf = (rule: Rule): string =>
  rule === "by_amount" || rule === "declined_at_stub_a" || rule === "declined_slowly_at_stub_a"
    ? ruleDoes[rule]
    : behaviours[rule].does
