import type { Exchange, Money, SessionState } from "./exchanges.ts"

// What the auditor goes by: the gateways' books and what the customers heard.

/** One line in the books of a gateway. Times are epoch milliseconds. */
export interface Entry extends Money {
  readonly gateway: string
  readonly mid: string
  readonly key: string
  readonly session: string
  readonly kind: string
  /** The card. */
  readonly token: string
  readonly movesAt: number
  readonly createdAt: number
}

/** Somebody asked a gateway for a charge under this key: also when it had been asked before and did nothing. */
export interface Knock {
  readonly gateway: string
  readonly mid: string
  readonly key: string
}

/** Where a session stands at last, as its last reader heard it. */
export interface Standing {
  readonly state: SessionState
  /** Why it is in review, in the words of the last evidence. */
  readonly reason?: string | undefined
}

/** All that the auditor goes by. */
export interface Evidence {
  /** In the order in which they were heard. */
  readonly exchanges: ReadonlyArray<Exchange>
  readonly books: ReadonlyArray<Entry>
  readonly knocks: ReadonlyArray<Knock>
  /** After everything was healed and everybody was asked once more; while the run goes on there is none. */
  readonly standings?: ReadonlyMap<string, Standing>
}

/** Everything about one session. */
export interface Case {
  readonly session: string
  /** What its customer declared; nothing when nobody did. */
  readonly money: Money | undefined
  readonly exchanges: ReadonlyArray<Exchange>
  readonly captures: ReadonlyArray<Entry>
  readonly standing: Standing | undefined
}

export const casesOf = ({ exchanges, books, standings }: Evidence): ReadonlyMap<string, Case> => {
  const cases = new Map<
    string,
    { -readonly [Key in keyof Case]: Case[Key] } & { exchanges: Array<Exchange>; captures: Array<Entry> }
  >()
  const caseOf = (session: string) => {
    const known = cases.get(session)
    if (known !== undefined) return known
    const opened = {
      session,
      money: undefined,
      exchanges: [],
      captures: [],
      standing: standings?.get(session)
    }
    cases.set(session, opened)
    return opened
  }
  for (const exchange of exchanges) {
    const { question, answer } = exchange
    if (question.ask !== "declare") caseOf(question.session).exchanges.push(exchange)
    else if (answer.is === "declared") {
      const opened = caseOf(answer.session)
      opened.money = question.order
      opened.exchanges.push(exchange)
    }
  }
  for (const entry of books) if (entry.kind === "captured") caseOf(entry.session).captures.push(entry)
  return cases
}

/** What was settled and what the books hold, by currency, in minor units. */
export const sums = (
  evidence: Evidence
): ReadonlyArray<{ readonly currency: string; readonly settled: number; readonly captured: number }> => {
  const cases = [...casesOf(evidence).values()]
  const settled = cases.flatMap(({ money, standing }) =>
    money !== undefined && standing?.state === "settled" ? [money] : []
  )
  const captured = cases.flatMap(({ captures }) => captures)
  const total = (list: ReadonlyArray<Money>, currency: string) =>
    list.reduce((sum, money) => (money.currency === currency ? sum + money.amount : sum), 0)
  return [...new Set([...settled, ...captured].map(({ currency }) => currency))]
    .toSorted()
    .map((currency) => ({
      currency,
      settled: total(settled, currency),
      captured: total(captured, currency)
    }))
}
