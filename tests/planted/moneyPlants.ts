import type { Plant } from "./plant.ts"

// Bugs by which money is booked, told of or handed out for otherwise than it moved.

const orchestrator = "src/kernel/PaymentOrchestrator.ts"
const record = "src/layers/memory/record.ts"
const ledger = "src/layers/memory/PaymentLedger.ts"
const delivery = "src/workers/delivery.ts"

export const moneyPlants: ReadonlyArray<Plant> = [
  {
    name: "an order is charged again although it is known to be paid",
    near: 3766,
    law: "an order that is known to be paid is not charged",
    harm: "a customer whose first charge turned up late pays twice",
    edits: [
      {
        file: "src/layers/memory/open.ts",
        find: `  if (orderPaid(store, row)) return { _tag: "NotPayable", state: "in_review" }
`,
        put: ``
      }
    ],
    dropped: ["no_attempt_for_paid_order"]
  },
  {
    name: "a capture that was not recorded is told as declined",
    law: "a charge goes on only after positive proof that no money moved",
    harm: "the customer pays again by other means",
    edits: [
      {
        file: orchestrator,
        find: `      return { session, state: "processing", outcome: "processing" }`,
        put: `      return { session, state: "processing", outcome: "declined" }`
      }
    ]
  },
  {
    name: "a charge under way is told as declined",
    law: "a charge goes on only after positive proof that no money moved",
    harm: "whoever asks again while the charge runs pays again by other means",
    edits: [
      {
        file: orchestrator,
        find: `  if (state === "settled" || state === "in_review" || state === "processing") return state
  if (captured)`,
        put: `  if (state === "settled") return state
  if (captured)`
      }
    ]
  },
  {
    name: "whatever was captured is told as settled",
    law: "nobody is told settled without the money",
    harm: "goods leave although less was captured than was asked for",
    edits: [
      {
        file: orchestrator,
        find: `  if (session === "settled" || session === "in_review" || session === "processing") return session
  switch`,
        put: `  if (heard === "Captured") return "settled"
  if (session === "settled" || session === "in_review" || session === "processing") return session
  switch`
      }
    ]
  },
  {
    name: "a session is fulfilled as often as it is asked for",
    law: "a session is fulfilled once",
    harm: "goods leave twice",
    edits: [
      {
        file: ledger,
        find: `  if (row.fulfilment === "claimed") {`,
        put: `  if (row.fulfilment === "claimed" && row.claim?.key === key) {`
      }
    ]
  },
  {
    name: "a session is fulfilled before it is settled",
    law: "only what was paid in full is fulfilled",
    harm: "goods leave unpaid",
    edits: [
      {
        file: ledger,
        find: `  if (row.state !== "settled") return { _tag: "NotSettled" as const, state: row.state }`,
        put: ``
      },
      {
        file: "src/layers/memory/refunds/sums.ts",
        find: "if (paying.some((capture)",
        put: "if (paying.every((capture)"
      }
    ],
    dropped: ["fulfilment_of_settled"]
  },
  {
    name: "a session settles by any amount",
    law: "settled is what was paid in full",
    harm: "goods leave for less than they cost",
    edits: [
      {
        file: record,
        find: `if (amount !== attempt.money.amount || currency !== attempt.money.currency) {`,
        put: `if (currency !== attempt.money.currency) {`
      }
    ],
    dropped: ["settled_has_capture"]
  },
  {
    name: "money for an ended session is not written down",
    law: "our records equal the gateways' books",
    harm: "a customer's money is kept and nobody knows",
    edits: [
      {
        file: record,
        find: `  session.facts.push({`,
        put: `  if (!isOpen(session.state)) return settledBefore
  session.facts.push({`
      }
    ]
  },
  {
    name: "a surplus alarms nobody",
    law: "everything heals",
    harm: "a customer's money is kept until he complains",
    edits: [{ file: record, find: `  openIncident(session, "late_capture", attempt, outcome)`, put: `` }]
  },
  {
    name: "a reused reference alarms nobody",
    law: "our records equal the gateways' books",
    near: 913,
    harm: "a capture that cannot be booked is forgotten",
    edits: [
      {
        file: record,
        find: `    openIncident(session, "processor_reference_reused", attempt, outcome)`,
        put: ``
      }
    ]
  },
  {
    name: "a capture after a decline is ignored",
    law: "our records equal the gateways' books",
    harm: "a gateway that changed its mind has the money twice",
    edits: [
      {
        file: record,
        find: `  const known = store.facts.get(factKey(attempt.mid, processorReference))`,
        put: `  if (attempt.state === "declined") return settledBefore
  const known = store.facts.get(factKey(attempt.mid, processorReference))`
      }
    ]
  },
  {
    name: "what was paid is not told",
    law: "what happened is told to the world",
    harm: "the app never hears that it is to fulfil",
    edits: [{ file: record, find: `    publish(transaction, "payment.charged.v1", attempt)`, put: `` }]
  },
  {
    name: "an event counts as delivered before it is",
    law: "what happened is told to the world",
    harm: "a crash in between swallows it",
    edits: [
      {
        file: delivery,
        find: `  const delivered: Array<string> = []`,
        put: `  const delivered: Array<string> = []
  if (events.length > 0) yield* outbox.markDelivered(events.map(({ id }) => id))`
      }
    ]
  },
  {
    name: "what was not recorded is told as failed",
    law: "nobody whose money moved is told that it did not",
    harm: "the customer pays again in a new session",
    edits: [
      {
        file: orchestrator,
        find: `      return { session, state: "processing", outcome: "processing" }`,
        put: `      return { session, state: "processing", outcome: "failed" }`
      }
    ]
  },
  {
    name: "a surplus of what is settled alarms nobody",
    near: 564,
    law: "every surplus is found",
    harm: "a customer's second payment is kept until he complains",
    edits: [
      {
        file: record,
        find: `  openIncident(session, "late_capture", attempt, outcome)`,
        put: `  if (session.state !== "settled") openIncident(session, "late_capture", attempt, outcome)`
      }
    ]
  },
  {
    name: "whoever lost the first answer to his claim is told duplicate",
    near: 227,
    law: "what is paid is fulfilled",
    harm: "a customer who paid never gets his goods",
    edits: [
      {
        file: ledger,
        find: `    const ownClaim = key !== undefined && row.claim?.key === key && row.claim.by === by`,
        put: `    const ownClaim = false`
      }
    ]
  },
  {
    name: "every capture calls a person",
    law: "without faults everything is plain",
    harm: "nobody reads the incident that matters",
    edits: [
      {
        file: record,
        find: `  if (live && isOpen(session.state)) {`,
        put: `  openIncident(session, "late_capture", attempt, outcome)
  if (live && isOpen(session.state)) {`
      }
    ]
  }
]
