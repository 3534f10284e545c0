import type { Plant } from "./plant.ts"

// Bugs by which a session is paid, cancelled or expires when it may not.

const open = "src/layers/memory/open.ts"
const record = "src/layers/memory/record.ts"
const background = "src/layers/memory/background.ts"
const ledger = "src/layers/memory/PaymentLedger.ts"
const requests = "src/layers/memory/requests.ts"
const constraints = "src/layers/memory/constraints.ts"

export const sessionPlants: ReadonlyArray<Plant> = [
  {
    name: "a second confirmation opens a second attempt",
    law: "at most one attempt is not positively declined",
    harm: "two replicas charge one session",
    edits: [
      {
        file: open,
        find: `  if (row.state !== "pending") return { _tag: "NotPayable", state: row.state }`,
        put: `  if (row.state !== "pending" && row.state !== "processing") return { _tag: "NotPayable", state: row.state }`
      }
    ],
    dropped: ["one_live_attempt_per_session"]
  },
  {
    name: "a session in review may be paid",
    law: "at most one attempt is not positively declined",
    harm: "a customer who tries again pays twice",
    edits: [
      {
        file: open,
        find: `  if (row.state !== "pending") return { _tag: "NotPayable", state: row.state }`,
        put: `  if (row.state !== "pending" && row.state !== "in_review") return { _tag: "NotPayable", state: row.state }`
      }
    ],
    dropped: ["one_live_attempt_per_session", "session_move"]
  },
  {
    name: "an expired session may be paid",
    law: "what has expired is not charged",
    near: 658,
    harm: "a customer is charged for what the app has given up",
    edits: [
      {
        file: open,
        find: `  if (now >= row.expiresAt) return { _tag: "NotPayable", state: "expired" }`,
        put: ``
      }
    ]
  },
  {
    name: "a repeated confirmation is a new one",
    law: "one request charges once",
    harm: "a retry after a lost answer charges the declined card again",
    edits: [
      {
        file: open,
        find: `  const before = earlier(store, "confirm", request)`,
        put: `  const before = undefined as ReturnType<typeof earlier>`
      }
    ],
    dropped: ["idempotency_key_once"]
  },
  {
    name: "a key for another card is a replay",
    law: "a key stands for one request",
    harm: "a customer is told of somebody else's charge",
    edits: [
      {
        file: requests,
        find: `  JSON.stringify(ordered(a)) === JSON.stringify(ordered(b))`,
        put: `  JSON.stringify(ordered(a)) === JSON.stringify(ordered(a)) || b === undefined`
      }
    ]
  },
  {
    name: "an order has as many sessions as it likes",
    law: "an order is paid once",
    harm: "an order is paid once by each of them",
    edits: [
      {
        file: constraints,
        find: `  if (declaration.orderReference === undefined) return undefined
  for`,
        put: `  if (declaration.orderReference !== "") return undefined
  for`
      }
    ]
  },
  {
    name: "a charge under way may be cancelled",
    law: "a charge goes on only after positive proof that no money moved",
    harm: "a customer who cancelled is charged",
    edits: [
      {
        file: ledger,
        find: `  if (row.state !== "pending") return { cancelled: row.state === "cancelled", state: row.state }`,
        put: `  if (row.state !== "pending" && row.state !== "processing") return { cancelled: row.state === "cancelled", state: row.state }`
      }
    ],
    dropped: ["session_move", "live_attempt_holds_session"]
  },
  {
    name: "a charge under way expires",
    law: "a charge goes on only after positive proof that no money moved",
    harm: "a customer is charged for what has expired",
    edits: [
      {
        file: background,
        find: `state === "pending" && expiresAt <= now`,
        put: `(state === "pending" || state === "processing") && expiresAt <= now`
      }
    ],
    dropped: ["session_move", "live_attempt_holds_session"]
  },
  {
    name: "a customer charged after a decline may pay again",
    law: "nobody is charged again who has paid",
    near: 1739,
    harm: "the session goes on although its money has been captured",
    edits: [
      {
        file: record,
        find: `const hasCapture = ({ facts }: SessionRow): boolean => facts.length > 0`,
        put: `const hasCapture = ({ facts }: SessionRow): boolean => facts.length > 99`
      },
      {
        file: record,
        find: `  // The customer has paid although everybody said no: a pending session is not to be paid again.
  if (session.state === "pending") review(transaction, attempt)`,
        put: ``
      }
    ],
    dropped: ["capture_holds_session", "no_attempt_after_capture"]
  },
  {
    name: "a late capture opens a failed session again",
    near: 316,
    law: "a final state is final",
    harm: "whoever was told failed and paid elsewhere pays twice",
    edits: [
      {
        file: record,
        find: `  openIncident(session, "late_capture", attempt, outcome)`,
        put: `  openIncident(session, "late_capture", attempt, outcome)
  if (!isOpen(session.state) && session.state !== "pending" && session.state !== "settled") session.state = "in_review"`
      }
    ],
    dropped: ["session_move"]
  },
  {
    name: "only the database refuses to pay a session in review",
    law: "no statement is prohibited",
    harm: "one prohibition stands between the customer and a second charge, and who asks hears of an error",
    edits: [
      {
        file: open,
        find: `  if (row.state !== "pending") return { _tag: "NotPayable", state: row.state }`,
        put: `  if (row.state !== "pending" && row.state !== "in_review") return { _tag: "NotPayable", state: row.state }`
      }
    ]
  }
]
