import type { Plant } from "./plant.ts"

// Bugs by which an answer, or none, is taken for what it does not prove.

const cascade = "src/kernel/cascade/Cascade.ts"
const orchestrator = "src/kernel/PaymentOrchestrator.ts"
const resolver = "src/kernel/ChargeResolver.ts"
const driver = "src/layers/providers/stub/driver.ts"
const disposition = "src/layers/providers/stub/disposition.ts"
const record = "src/layers/memory/record.ts"
const background = "src/layers/memory/background.ts"

const declinedHere = `new Declined({ kind: "soft", evidence: { code: "guessed", message: "guessed" } })`

export const evidencePlants: ReadonlyArray<Plant> = [
  {
    name: "a timeout is a decline",
    law: "declined is what the gateway declined",
    harm: "the next account is charged while the first one captures",
    edits: [
      {
        file: driver,
        find: 'if (Option.isNone(text)) return yield* unknown("timeout", `${name} did not answer in time`)',
        put: `if (Option.isNone(text)) return yield* ${declinedHere}`
      }
    ]
  },
  {
    name: "an unreadable answer is a decline",
    law: "declined is what the gateway declined",
    harm: "the next account is charged although the first one captured",
    edits: [
      {
        file: driver,
        find: 'return yield* unknown("unreadable_answer", `${name} answered something that cannot be read`)',
        put: `return yield* ${declinedHere}`
      }
    ]
  },
  {
    name: "an unlisted code is a decline",
    law: "declined is what the gateway declined",
    harm: "a gateway's internal error after it captured leads to a second charge",
    edits: [
      {
        file: disposition,
        find: `  if (meaning?.outcome === "declined") {`,
        put: `  if (meaning === undefined) return new Declined({ kind: "soft", evidence })
  if (meaning?.outcome === "declined") {`
      }
    ]
  },
  {
    name: "a duplicate is a decline",
    law: "declined is what the gateway declined",
    harm: "what the gateway has captured already is charged elsewhere",
    edits: [
      {
        file: disposition,
        find: `  do_not_honor: {
    outcome: "declined",
    kind: "soft",`,
        put: `  duplicate_transaction: { outcome: "declined", kind: "soft", why: "planted" },
  do_not_honor: {
    outcome: "declined",
    kind: "soft",`
      }
    ]
  },
  {
    name: "pending is a decline",
    law: "declined is what the gateway declined",
    harm: "a charge that is still being processed is charged elsewhere",
    edits: [
      {
        file: disposition,
        find: `  stolen_card: {`,
        put: `  pending: { outcome: "declined", kind: "soft", why: "planted" },
  stolen_card: {`
      }
    ]
  },
  {
    name: "a lookup's pending is not found",
    law: "absent is what the gateway denied after its horizon",
    near: 699,
    harm: "a session ends as failed while the gateway says that it is at it",
    edits: [
      {
        file: disposition,
        find: `if (answer.code === "pending") return { _tag: "StillPending", evidence }`,
        put: `if (answer.code === "pending") return { _tag: "NotFound", evidence }`
      }
    ]
  },
  {
    name: "an unknown outcome goes on",
    law: "declined is what the gateway declined",
    harm: "the next account is charged although nobody knows what the first one did",
    edits: [
      {
        file: cascade,
        find: `if (event._tag === "ChargeIndeterminate") return record(state, event.indeterminate, [])`,
        put: `if (event._tag === "ChargeIndeterminate") return record(state, new Declined({ kind: "soft", evidence: event.indeterminate.evidence }), state.remaining)`
      },
      {
        file: cascade,
        find: `import type { Captured, Declined, Indeterminate, PaymentAction } from "./Disposition.ts"`,
        put: `import { type Captured, Declined, type Indeterminate, type PaymentAction } from "./Disposition.ts"`
      }
    ]
  },
  {
    name: "a hard decline goes on",
    law: "after a hard decline no other account is asked",
    harm: "a stolen card is shown to every acquirer of the company",
    edits: [
      {
        file: cascade,
        find: `declined.kind === "hard" ? [] : remaining`,
        put: `declined.kind === "hard" ? remaining : remaining`
      }
    ]
  },
  {
    name: "an interrupted charge is a decline",
    law: "declined is what the gateway declined",
    harm: "a caller who hangs up makes a charge count as not sent",
    edits: [
      {
        file: orchestrator,
        find: `Effect.forkIn(scope, { uninterruptible: true })`,
        put: `Effect.forkChild`
      },
      {
        file: orchestrator,
        find: `const result = yield* Fiber.join(charge)`,
        put: `const result = yield* Effect.onInterrupt(Fiber.join(charge), () => Effect.andThen(Fiber.interrupt(charge), Effect.flatMap(ledger.attempts(declaration.id), (all) => Effect.forEach(all.filter((one) => one.state === "in_flight"), (one) => ledger.record({ attempt: one.id, fence: 0, outcome: new Declined({ kind: "soft", evidence: { code: "interrupted", message: "interrupted" } }), source: "driver", next: [], by: confirmation.by })))).pipe(Effect.ignore))`
      },
      {
        file: orchestrator,
        find: `import { differences } from "./differences.ts"`,
        put: `import { Declined } from "./cascade/Disposition.ts"
import { differences } from "./differences.ts"`
      }
    ]
  },
  {
    name: "not found is a decline",
    law: "declined is what the gateway declined",
    harm: "a charge that the gateway cannot see yet is made again",
    edits: [
      {
        file: resolver,
        find: `        ? new Absent({ evidence: found.evidence })`,
        put: `        ? new Declined({ kind: "soft", evidence: found.evidence })`
      }
    ]
  },
  {
    name: "not found is absent at once",
    law: "absent is what the gateway denied after its horizon",
    harm: "a session fails, and is paid anew, while its charge is still to turn up",
    edits: [
      {
        file: resolver,
        find: `age > Duration.toMillis(absenceHorizon)`,
        put: `age > Duration.toMillis(absenceHorizon) / 100`
      }
    ]
  },
  {
    name: "absence lets the customer pay again",
    law: "declined is what the gateway declined",
    harm: "a process that stood still charges a session that somebody else has charged since",
    edits: [
      {
        file: record,
        find: `  transaction.session.state = "failed"
  publish(transaction, "payment.failed.v1", attempt)`,
        put: `  attempt.state = "declined"
  transaction.session.state = "pending"
  publish(transaction, "payment.failed.v1", attempt)`
      }
    ]
  },
  {
    name: "a lookup that fails is absence",
    law: "absent is what the gateway denied after its horizon",
    harm: "a captured charge is given up because its gateway could not be asked",
    edits: [
      {
        file: resolver,
        find: `    Effect.catchTag("Indeterminate", Effect.succeed),`,
        put: `    Effect.catchTag("Indeterminate", ({ evidence }) => Effect.succeed(new Absent({ evidence }))),`
      }
    ]
  },
  {
    name: "reconciliation stops at one try",
    law: "our records equal the gateways' books",
    harm: "what could not be found out at once is never found out",
    edits: [
      {
        file: background,
        find: `state === "indeterminate" && nextCheckAt <= now && claimedUntil <= now`,
        put: `state === "indeterminate" && nextCheckAt <= now && claimedUntil <= now && checks < 1`
      },
      {
        file: background,
        find: `({ state, nextCheckAt, claimedUntil }) =>`,
        put: `({ state, nextCheckAt, claimedUntil, checks }) =>`
      }
    ],
    near: 10
  },
  {
    name: "nobody takes over from the dead",
    law: "everything heals",
    harm: "a customer waits for ever for what a dead process was charging",
    edits: [
      {
        file: background,
        find: `state === "in_flight" && leaseUntil <= now`,
        put: `state === "captured" && leaseUntil <= now`
      }
    ],
    near: 5
  },
  {
    name: "a decline fails the session",
    law: "nothing fails without evidence",
    harm: "a customer cannot try another card, without any evidence against him",
    edits: [
      {
        file: record,
        find: `session.round >= mostRounds ? "failed" : "pending"`,
        put: `session.round >= 1 ? "failed" : "pending"`
      },
      {
        file: record,
        find: `import { mostRounds, type SessionState } from`,
        put: `import type { SessionState } from`
      }
    ]
  },
  {
    name: "a lookup's pending is a capture",
    law: "captured is what the gateway captured",
    harm: "goods leave while the money has not moved",
    edits: [
      {
        file: disposition,
        find: `if (answer.code === "pending") return { _tag: "StillPending", evidence }`,
        put: `if (answer.code === "pending") return { _tag: "FoundCaptured", captured: capturedFrom({ reference: "guessed", amount: 4900, currency: "USD", evidence }) }`
      }
    ]
  },
  {
    name: "only the last evidence is kept",
    law: "evidence is kept",
    harm: "what a processor said cannot be shown to anybody",
    edits: [
      {
        file: record,
        find: `    session.evidence.push({`,
        put: `    session.evidence.splice(0, session.evidence.length - 1)
    session.evidence.push({`
      }
    ]
  }
]
