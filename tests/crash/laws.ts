import { type Case, type Entry, type Evidence, sums } from "./evidence.ts"
import { type Exchange, finalStates, isAnswered, type Question, stateTold } from "./exchanges.ts"

export interface Breach {
  readonly session: string | undefined
  readonly words: string
}

export interface Law {
  readonly name: string
  readonly breaches: (
    evidence: Evidence & { readonly cases: ReadonlyMap<string, Case> }
  ) => ReadonlyArray<Breach>
}

/** A law that holds of each session by itself; what is wrong with it, in sentences. */
const ofEach = (name: string, wrong: (one: Case) => ReadonlyArray<string>): Law => ({
  name,
  breaches: ({ cases }) =>
    [...cases.values()].flatMap((one) => wrong(one).map((words) => ({ session: one.session, words })))
})

/** Those that asked the same kind of thing. */
const asking = <Ask extends Question["ask"]>(
  exchanges: ReadonlyArray<Exchange>,
  ask: Ask
): ReadonlyArray<Exchange & { readonly question: Extract<Question, { ask: Ask }> }> =>
  exchanges.filter((one): one is Exchange & { readonly question: Extract<Question, { ask: Ask }> } => {
    const question: Question = one.question
    return question.ask === ask
  })

const grouped = <A>(
  list: ReadonlyArray<A>,
  by: (value: A) => string
): ReadonlyMap<string, ReadonlyArray<A>> => Map.groupBy(list, by)

const amount = ({
  amount: units,
  currency
}: {
  readonly amount: number
  readonly currency: string
}): string => `${currency} ${units}`

const named = ({ mid, key }: Entry): string => `${key} on ${mid}`

export const capturedOnce = ofEach("no session is captured twice", ({ captures }) =>
  captures.length > 1 ? [`captured ${captures.length} times: ${captures.map(named).join(", ")}`] : []
)

export const executedOnce: Law = {
  name: "no key is executed twice",
  breaches: ({ books }) =>
    [...grouped(books, ({ key }) => key)].flatMap(([key, entries]) =>
      entries.length > 1
        ? [{ session: entries[0]?.session, words: `${key} was executed ${entries.length} times` }]
        : []
    )
}

export const sentOnce: Law = {
  name: "no key is sent twice",
  breaches: ({ knocks, books }) =>
    [...grouped(knocks, ({ key }) => key)].flatMap(([key, sent]) =>
      sent.length > 1
        ? [
            {
              session: books.find((entry) => entry.key === key)?.session,
              words: `${key} was sent ${sent.length} times`
            }
          ]
        : []
    )
}

export const settledIsPaid = ofEach(
  "who is told settled has one capture of the full amount, and the money has moved",
  ({ exchanges, captures, money, standing }) => {
    const told = exchanges.filter((one) => stateTold(one) === "settled")
    const first = told[0]
    if (first === undefined && standing?.state !== "settled") return []
    const [capture] = captures
    if (capture === undefined || captures.length > 1)
      return [`it is settled, and the books hold ${captures.length} captures`]
    if (money === undefined || capture.amount !== money.amount || capture.currency !== money.currency) {
      return [
        `${money === undefined ? "nothing" : amount(money)} was declared and ${amount(capture)} captured`
      ]
    }
    // The gateway tells of it only when the money has moved, and nobody hears of it before.
    return first !== undefined && first.heardAt < capture.movesAt
      ? [`${first.id} heard settled ${capture.movesAt - first.heardAt} ms before the money moved`]
      : []
  }
)

/**
 * A decline is proof about what was asked for under that key. Another confirmation may have captured since, so a
 * capture counts against it if it stood in the books when the question was asked, or if nobody else can have made it.
 */
export const declinedIsUnpaid = ofEach(
  "who is told declined was not charged by what they asked for",
  ({ exchanges, captures }) => {
    const confirmations = asking(exchanges, "confirm")
    return confirmations.flatMap(({ id, answer, askedAt, question }) => {
      if (answer.is !== "confirmed" || answer.outcome !== "declined") return []
      return captures.flatMap((capture) => {
        if (capture.createdAt < askedAt) return [`${id} heard declined after ${named(capture)} was captured`]
        const byAnother = confirmations.some(
          (other) => other.question.key !== question.key && other.askedAt <= capture.createdAt
        )
        return byAnother ? [] : [`${id} heard declined, and it alone can have made ${named(capture)}`]
      })
    })
  }
)

const unpaid = new Set(["cancelled", "expired", "failed"])

export const unpaidStaysUnpaid = ofEach(
  "who is told cancelled, expired or failed is never charged",
  ({ exchanges, captures, standing }) => {
    const told = exchanges.find((one) => unpaid.has(stateTold(one) ?? ""))
    const outcome = exchanges.find(({ answer }) => answer.is === "confirmed" && answer.outcome === "failed")
    const heard = told ?? outcome
    const last = standing !== undefined && unpaid.has(standing.state) ? standing.state : undefined
    if (captures.length === 0 || (heard === undefined && last === undefined)) return []
    const words =
      heard === undefined
        ? `it stands ${last}`
        : `${heard.id} heard ${told === undefined ? "failed" : stateTold(told)}`
    return [`${words}, and the books hold ${captures.map(named).join(", ")}`]
  }
)

export const firstOnce = ofEach("first is told at most once", ({ exchanges }) => {
  const firsts = exchanges.filter(({ answer }) => answer.is === "fulfilment" && answer.fulfilment === "first")
  return firsts.length > 1
    ? [`first was told ${firsts.length} times: ${firsts.map(({ id }) => id).join(", ")}`]
    : []
})

/** Of the workers that asked until they were answered, one may fulfil: it heard first, or that the claim is its own. */
export const oneWorkerFulfils = ofEach(
  "of the workers that claim a settled session one is told that it is its own",
  ({ exchanges }) => {
    const workers = [...grouped(asking(exchanges, "claim"), ({ question }) => question.key)]
    const owners = workers.filter(([, asked]) =>
      asked.some(({ answer }) => answer.is === "fulfilment" && (answer.own || answer.fulfilment === "first"))
    )
    if (owners.length > 1) return [`it was told to ${owners.map(([key]) => key).join(" and ")}`]
    const answered = (asked: ReadonlyArray<Exchange>) =>
      asked.some(({ answer }) => answer.is === "fulfilment") ||
      asked.every(({ answer }) => answer.is === "refused")
    const someHeard = exchanges.some(({ answer }) => answer.is === "fulfilment")
    if (owners.length === 0 && someHeard && workers.every(([, asked]) => answered(asked)))
      return ["everybody was answered, and nobody may fulfil"]
    return owners.flatMap(([key, asked]) => {
      const first = asked.find(({ answer }) => answer.is === "fulfilment")
      const lostBefore = asked.some(
        (one) => first !== undefined && one.askedAt < first.askedAt && !isAnswered(one.answer)
      )
      return first?.answer.is === "fulfilment" && first.answer.fulfilment === "duplicate" && !lostBefore
        ? [`${key} never asked before, and was told that an earlier claim was its own`]
        : []
    })
  }
)

export const finalStays = ofEach("a final state stays", ({ exchanges }) => {
  // A confirmation that comes too late is told expired a moment before the session is; until then it can be cancelled.
  const certain = exchanges.filter((one) => !(one.answer.is === "refused" && one.answer.state === "expired"))
  const ended = certain.find((one) => finalStates.has(stateTold(one) ?? "pending"))
  if (ended === undefined) return []
  const otherwise = certain.find(
    (one) =>
      one.askedAt >= ended.heardAt && stateTold(one) !== undefined && stateTold(one) !== stateTold(ended)
  )
  return otherwise === undefined
    ? []
    : [`${ended.id} heard ${stateTold(ended)}, and later ${otherwise.id} heard ${stateTold(otherwise)}`]
})

export const oneSessionForAKey: Law = {
  name: "one key declares one session",
  breaches: ({ exchanges }) =>
    [...grouped(asking(exchanges, "declare"), ({ question }) => question.key)].flatMap(([key, declared]) => {
      const sessions = new Set(
        declared.flatMap(({ answer }) => (answer.is === "declared" ? [answer.session] : []))
      )
      return sessions.size > 1
        ? [{ session: [...sessions][0], words: `${key} declared ${[...sessions].join(" and ")}` }]
        : []
    })
}

export const nobodysMoney = ofEach("the books know no session that nobody declared", ({ money, captures }) =>
  money === undefined && captures.length > 0
    ? [`${captures.map(named).join(", ")}, and nobody declared it`]
    : []
)

export const contractKept: Law = {
  name: "every answer is one that the contract knows",
  breaches: ({ exchanges }) =>
    exchanges.flatMap(({ id, question, answer }) =>
      answer.is === "broken"
        ? [
            {
              session: question.ask === "declare" ? undefined : question.session,
              words: `${id} heard: ${answer.words}`
            }
          ]
        : []
    )
}

export const everySessionEnds: Law = {
  name: "after healing every session has ended, or is in review for a stated reason",
  breaches: ({ cases, standings }) =>
    standings === undefined
      ? []
      : [...cases.values()].flatMap(({ session, standing }) => {
          if (standing === undefined) return [{ session, words: "nobody could read it" }]
          if (finalStates.has(standing.state)) return []
          const stated = standing.state === "in_review" && (standing.reason ?? "") !== ""
          return stated ? [] : [{ session, words: `it is still ${standing.state}, and nobody says why` }]
        })
}

export const booksAgree: Law = {
  name: "what was settled is what the books hold",
  breaches: (evidence) =>
    evidence.standings === undefined
      ? []
      : sums(evidence).flatMap(({ currency, settled, captured }) =>
          settled === captured
            ? []
            : [
                {
                  session: undefined,
                  words: `${currency} ${settled} is settled and ${captured} captured: a difference of ${captured - settled}`
                }
              ]
        )
}

export const laws: ReadonlyArray<Law> = [
  capturedOnce,
  executedOnce,
  sentOnce,
  settledIsPaid,
  declinedIsUnpaid,
  unpaidStaysUnpaid,
  firstOnce,
  oneWorkerFulfils,
  finalStays,
  oneSessionForAKey,
  nobodysMoney,
  contractKept,
  everySessionEnds,
  booksAgree
]
