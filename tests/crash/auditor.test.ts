// The auditor can fail: for each law an honest evening with one thing forged, in the books or in what was told.
import { describe, expect, it } from "vitest"
import { audit } from "./auditor.ts"
import { type Entry, type Evidence, type Standing, sums } from "./evidence.ts"
import type { Answer, Exchange, Question } from "./exchanges.ts"
import { laws } from "./laws.ts"

const order = {
  brand: "loop-bio",
  entity: "loop_bio_labs",
  product: "ruo_compounds",
  amount: 4_900,
  currency: "USD"
}

const paid = "ps_00000000000000000000000001"
const refused = "ps_00000000000000000000000002"
const gone = "ps_00000000000000000000000003"

let asked = 0
/** Asked at one moment and answered ten milliseconds later. */
const exchange = (at: number, question: Question, answer: Answer): Exchange => ({
  id: `r${++asked}`,
  question,
  answer,
  replica: 0,
  door: "REST",
  askedAt: at,
  heardAt: at + 10
})

const declares = (at: number, session: string) =>
  exchange(at, { ask: "declare", order, key: `d-${session}` }, { is: "declared", session, state: "pending" })
const confirm = (session: string, key = `c-${session}`): Question => ({
  ask: "confirm",
  session,
  key,
  tokenRef: "tok_slow"
})
const reads = (at: number, session: string, state: Standing["state"]) =>
  exchange(at, { ask: "read", session }, { is: "standing", state })
const claims = (at: number, worker: string, answer: Answer) =>
  exchange(at, { ask: "claim", session: paid, key: worker }, answer)

const settled: Answer = { is: "confirmed", outcome: "settled", state: "settled" }
const declined: Answer = { is: "confirmed", outcome: "declined", state: "pending" }
const lost: Answer = { is: "lost", why: "ECONNRESET" }
const first: Answer = { is: "fulfilment", fulfilment: "first", own: true }
const duplicate: Answer = { is: "fulfilment", fulfilment: "duplicate", own: false }
const ownDuplicate: Answer = { is: "fulfilment", fulfilment: "duplicate", own: true }

const capture = (session: string, createdAt: number, rest: Partial<Entry> = {}): Entry => ({
  gateway: "stub_a",
  mid: "mid_bio_1",
  key: `${session}-1-aaaaaaaaaa`,
  session,
  kind: "captured",
  token: "tok_slow",
  amount: order.amount,
  currency: order.currency,
  movesAt: createdAt,
  createdAt,
  ...rest
})
const knock = ({ gateway, key, mid }: Entry) => ({ gateway, key, mid })

const declaredAll = [declares(0, paid), declares(0, refused), declares(0, gone)]
const told = [
  exchange(100, confirm(paid), settled),
  exchange(100, confirm(refused), declined),
  exchange(200, { ask: "cancel", session: gone }, { is: "standing", state: "cancelled" }),
  reads(300, refused, "expired"),
  claims(400, "one", lost),
  claims(420, "two", duplicate),
  claims(440, "one", ownDuplicate)
]
const standings = new Map<string, Standing>([
  [paid, { state: "settled" }],
  [refused, { state: "expired" }],
  [gone, { state: "cancelled" }]
])
const books = [capture(paid, 105), capture(refused, 105, { kind: "declined" })]

/** One session was paid and fulfilled, one declined and left alone, one cancelled. */
const honest: Evidence = {
  exchanges: [...declaredAll, ...told],
  books,
  knocks: books.map(knock),
  standings
}

const withTold = (...more: ReadonlyArray<Exchange>): Evidence => ({
  ...honest,
  exchanges: [...honest.exchanges, ...more]
})
const without = (left: Exchange | undefined, ...instead: ReadonlyArray<Exchange>): Evidence => ({
  ...honest,
  exchanges: [...honest.exchanges.filter((one) => one !== left), ...instead]
})
const withBooks = (...changed: ReadonlyArray<Entry>): Evidence => ({
  ...honest,
  books: changed,
  knocks: changed.map(knock)
})
const withStanding = (session: string, standing: Standing): Evidence => ({
  ...honest,
  standings: new Map([...standings, [session, standing]])
})

const another = { key: `${paid}-2-bbbbbbbbbb`, mid: "mid_bio_2" }
const [capturedOnce, declinedEntry] = [capture(paid, 105), capture(refused, 105, { kind: "declined" })]

/** What is forged, and the law that has to see it. Other laws may see it as well. */
const forgeries: ReadonlyArray<readonly [law: string, forged: string, evidence: Evidence]> = [
  [
    "no session is captured twice",
    "a second capture under another key",
    withBooks(...books, capture(paid, 500, another))
  ],
  [
    "no key is executed twice",
    "the same key at another gateway",
    withBooks(...books, capture(paid, 500, { gateway: "stub_b" }))
  ],
  [
    "no key is executed twice",
    "a decline under the key of a capture",
    withBooks(...books, capture(paid, 500, { kind: "declined", mid: "mid_bio_2" }))
  ],
  [
    "no key is sent twice",
    "a second knock, which the books do not show",
    { ...honest, knocks: [...books, capturedOnce].map(knock) }
  ],
  ["who is told settled", "no capture at all", withBooks(declinedEntry)],
  [
    "who is told settled",
    "a capture of less",
    withBooks(declinedEntry, capture(paid, 105, { amount: 4_899 }))
  ],
  [
    "who is told settled",
    "a capture of another currency",
    withBooks(declinedEntry, capture(paid, 105, { currency: "EUR" }))
  ],
  [
    "who is told settled",
    "money that moves only after it was told",
    withBooks(declinedEntry, capture(paid, 105, { movesAt: 111 }))
  ],
  [
    "who is told settled",
    "nobody heard it, and it stands settled without a capture",
    { ...withBooks(declinedEntry), exchanges: declaredAll }
  ],
  [
    "who is told settled",
    "only a refusal says that it is settled",
    {
      ...honest,
      exchanges: [
        ...honest.exchanges,
        exchange(500, confirm(gone), { is: "refused", code: "session_not_payable", state: "settled" })
      ]
    }
  ],
  [
    "who is told declined",
    "a capture while it was asked",
    withBooks(...books, capture(refused, 105, another))
  ],
  [
    "who is told declined",
    "a capture before it was asked, whoever made it",
    {
      ...withBooks(...books, capture(refused, 90, another)),
      exchanges: [exchange(80, confirm(refused, "another"), lost), ...honest.exchanges]
    }
  ],
  [
    "who is told cancelled, expired or failed",
    "a capture of what was cancelled, long after",
    withBooks(...books, capture(gone, 9_000))
  ],
  [
    "who is told cancelled, expired or failed",
    "a capture of what failed, told by the outcome alone",
    {
      ...withBooks(...books, capture(refused, 105, another)),
      exchanges: [
        ...declaredAll,
        exchange(100, confirm(refused), { is: "confirmed", outcome: "failed", state: "in_review" })
      ],
      standings: new Map([[refused, { state: "in_review", reason: "asked" }]])
    }
  ],
  [
    "who is told cancelled, expired or failed",
    "nobody heard it, and it stands expired with a capture",
    { ...withBooks(...books, capture(refused, 105, another)), exchanges: declaredAll }
  ],
  [
    "first is told at most once",
    "first to two workers",
    withTold(claims(500, "three", first), claims(510, "four", first))
  ],
  [
    "of the workers that claim a settled session",
    "two are told that it is theirs",
    withTold(claims(500, "two", ownDuplicate))
  ],
  [
    "of the workers that claim a settled session",
    "nobody is told first, and nobody's answer was lost",
    without(told[6], claims(440, "one", duplicate))
  ],
  [
    "of the workers that claim a settled session",
    "the claim of one who never asked before is called its own",
    without(told[4])
  ],
  ["a final state stays", "a settled session is in review", withTold(reads(500, paid, "in_review"))],
  ["a final state stays", "what was cancelled can be paid", withTold(reads(500, gone, "pending"))],
  [
    "one key declares one session",
    "a second session under one key",
    withTold(
      exchange(
        500,
        { ask: "declare", order, key: `d-${gone}` },
        { is: "declared", session: "ps_00000000000000000000000009", state: "pending" }
      )
    )
  ],
  [
    "the books know no session",
    "money of a session that nobody declared",
    withBooks(...books, capture("ps_00000000000000000000000009", 105))
  ],
  [
    "every answer is one",
    "an answer that no contract knows",
    withTold(exchange(500, { ask: "read", session: paid }, { is: "broken", words: "500" }))
  ],
  ["after healing", "a session that is still on its way", withStanding(refused, { state: "processing" })],
  ["after healing", "a session in review, and no reason", withStanding(refused, { state: "in_review" })],
  [
    "after healing",
    "a session that nobody could read",
    { ...honest, standings: new Map([...standings].filter(([session]) => session !== gone)) }
  ],
  [
    "what was settled is what the books hold",
    "money in the books of a session in review",
    withStanding(paid, { state: "in_review", reason: "asked" })
  ]
]

describe("the auditor", () => {
  it("has nothing to say of an honest evening", () => {
    expect(audit(honest)).toEqual([])
    expect(sums(honest)).toEqual([{ currency: "USD", settled: 4_900, captured: 4_900 }])
  })

  it.each(forgeries)("%s… sees %s", (law, _forged, evidence) => {
    const broken = audit(evidence).map((violation) => violation.law)
    expect(broken.filter((name) => name.startsWith(law))).not.toEqual([])
  })

  it("has a forgery for every law", () => {
    const unseen = laws.filter(({ name }) => !forgeries.some(([law]) => name.startsWith(law)))
    expect(unseen.map(({ name }) => name)).toEqual([])
  })

  it("blames nobody for what two customers may do to each other", () => {
    // Declined under one key, captured under another that was asked meanwhile.
    const meanwhile: Evidence = {
      exchanges: [
        declares(0, paid),
        exchange(100, confirm(paid, "mine"), declined),
        exchange(102, confirm(paid, "yours"), settled)
      ],
      books: [capture(paid, 108)],
      knocks: [],
      standings: new Map([[paid, { state: "settled" }]])
    }
    expect(audit(meanwhile)).toEqual([])
    // Read before it was known, and told too late for a card and cancelled a moment later.
    const late = [
      declares(0, gone),
      reads(10, gone, "pending"),
      exchange(20, confirm(gone), { is: "refused", code: "session_not_payable", state: "expired" }),
      reads(40, gone, "cancelled")
    ]
    expect(
      audit({ exchanges: late, books: [], knocks: [], standings: new Map([[gone, { state: "cancelled" }]]) })
    ).toEqual([])
  })

  it("judges what is told so far while the run goes on", () => {
    const { exchanges, knocks } = honest
    expect(audit({ exchanges, books, knocks })).toEqual([])
    expect(audit({ exchanges, books: [...books, capture(paid, 500, another)], knocks })).toHaveLength(2)
  })
})
