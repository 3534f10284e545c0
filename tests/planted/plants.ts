import type { Plant } from "./plant.ts"
import { refundPlants } from "./refundPlants.ts"

// Bugs that would cost somebody money, as changes of the shipped source. Each must be caught by the simulation.
// To add one: what stands in the file exactly once, what is put there instead, and what it would do to people.

const cascade = "src/kernel/cascade/Cascade.ts"
const charge = "src/kernel/cascade/chargeAcrossProviders.ts"
const key = "src/kernel/cascade/IdempotencyKey.ts"
const orchestrator = "src/kernel/PaymentOrchestrator.ts"
const resolver = "src/kernel/ChargeResolver.ts"
const detached = "src/kernel/detached.ts"
const routing = "src/kernel/routing/RoutingPolicy.ts"
const driver = "src/layers/providers/stub/driver.ts"
const disposition = "src/layers/providers/stub/disposition.ts"
const open = "src/layers/memory/open.ts"
const record = "src/layers/memory/record.ts"
const background = "src/layers/memory/background.ts"
const ledger = "src/layers/memory/PaymentLedger.ts"
const requests = "src/layers/memory/requests.ts"
const permitRefusal = "src/layers/memory/permitRefusal.ts"
const constraints = "src/layers/memory/constraints.ts"
const delivery = "src/workers/delivery.ts"

const declinedHere = `new Declined({ kind: "soft", evidence: { code: "guessed", message: "guessed" } })`

export const plants: ReadonlyArray<Plant> = [
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
    name: "the transport retries a charge",
    law: "no charge is sent twice",
    harm: "a gateway without a duplicate check charges twice",
    edits: [
      {
        file: driver,
        find: "const text = yield* send(request)",
        put: "const text = yield* Effect.repeat(send(request), { until: Option.isSome, times: 1 })"
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
    name: "what could not be recorded is sent again",
    law: "no charge is sent twice",
    harm: "a captured card is captured again",
    edits: [
      {
        file: cascade,
        find: `      if (event._tag === "NotRecorded") return stop({ _tag: "LeftToReconciler" })`,
        put: `      if (event._tag === "NotRecorded") return [{ _tag: "Sending", permit: state.permit, remaining: [] }, { _tag: "Send", permit: state.permit }]`
      },
      {
        file: charge,
        find: `        event = yield* record(command.permit, command.outcome, command.next, by)`,
        put: `        event = yield* record(command.permit, command.outcome, command.next, by)
        permittedAt = yield* Clock.monotonicTimeNanos`
      }
    ]
  },
  {
    name: "an old permit is used",
    law: "an old permit is not used",
    harm: "a process that stood still charges what others have given up",
    edits: [
      {
        file: charge,
        find: `(yield* Clock.monotonicTimeNanos) - permittedAt > Duration.toNanosUnsafe(permitLifetime)`,
        put: `(yield* Clock.monotonicTimeNanos) < permittedAt`
      }
    ]
  },
  {
    name: "a permit is young from its ack",
    law: "an old permit is not used",
    harm: "a process that stood still before it heard of its permit uses it",
    edits: [
      {
        file: charge,
        find: `        event =
          opening._tag === "Permitted"`,
        put: `        permittedAt = yield* Clock.monotonicTimeNanos
        event =
          opening._tag === "Permitted"`
      }
    ]
  },
  {
    name: "a write-ahead without an answer counts as done",
    law: "no charge is sent twice",
    harm: "a card is charged of which no record exists",
    edits: [
      {
        file: charge,
        find: `          request.confirmation
        )
        event =`,
        put: `          request.confirmation
        ).pipe(Effect.catch(() => Effect.succeed({ _tag: "Permitted" as const, passedOver: [], permit: SendPermit.afterCommit({ attempt: attemptId(request.session, 1), session: request.session, ordinal: 1, mid: request.candidates[0]!.mid, provider: request.candidates[0]!.provider, money: { amount: 4900, currency: "USD" }, idempotencyKey: idempotencyKey(request.session, 1, request.candidates[0]!.mid), fence: 1 }) })))
        event =`
      },
      {
        file: charge,
        find: `import type { SendPermit } from "./SendPermit.ts"`,
        put: `import { SendPermit } from "./SendPermit.ts"
import { attemptId } from "../ids.ts"
import { idempotencyKey } from "./IdempotencyKey.ts"`
      }
    ],
    near: 10
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
    name: "a kill switch is judged in routing only",
    law: "an entity collects on its own open accounts for what they are underwritten for",
    harm: "an account that was stopped is charged by whoever had not heard of it",
    edits: [{ file: permitRefusal, find: `  if (account.killSwitch) return "kill_switch_on"`, put: `` }]
  },
  {
    name: "underwriting is judged in routing only",
    law: "an entity collects on its own open accounts for what they are underwritten for",
    near: 339,
    harm: "goods are charged on an account that is not underwritten for them",
    edits: [
      {
        file: permitRefusal,
        find: `!account.underwrittenFor.includes(category) ||`,
        put: `!account.underwrittenFor.includes(category) && collector === undefined ||`
      }
    ]
  },
  {
    name: "any company's accounts serve",
    law: "an entity collects on its own open accounts for what they are underwritten for",
    harm: "one company collects on the account of another",
    edits: [
      {
        file: routing,
        find: `append(byEntity, entry.account.entity, compileAccount(entry))`,
        put: `for (const entity of ["loop_nutrition", "loop_goods"]) append(byEntity, entity as typeof entry.account.entity, compileAccount(entry))`
      },
      {
        file: permitRefusal,
        find: `account.entity !== entity || account.provider !== provider`,
        put: `account.provider !== provider`
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
    name: "keys are drawn",
    law: "a key is a function of session, ordinal and account",
    harm: "a gateway cannot tell that it was asked before",
    edits: [
      {
        file: key,
        find: "`${session}-${ordinal}-${midTag(mid)}`",
        put: "`${session}-${ordinal}-${midTag(mid).slice(4)}${Math.random().toString(16).slice(2, 8)}`"
      }
    ]
  },
  {
    name: "a caller who hangs up leaves nothing behind",
    law: "nobody takes over from the living",
    near: 1471,
    harm: "a charge that was sent goes unrecorded until somebody takes it over",
    edits: [
      { file: orchestrator, find: `Effect.forkIn(scope, { uninterruptible: true })`, put: `Effect.forkChild` }
    ]
  },
  {
    name: "a record is given up at its first failure",
    law: "nobody takes over from the living",
    harm: "a capture is left in doubt by one lost packet",
    edits: [{ file: charge, find: `    Effect.retry(recordingRetries),`, put: `` }]
  },
  {
    name: "an answer after the deadline is thrown away",
    law: "what a processor said is written down",
    harm: "a charge stays in doubt although its gateway has answered",
    edits: [
      {
        file: charge,
        find: `          Effect.forkDetach(recordLate(permit, charging, by)),`,
        put: `          Effect.forkDetach(Fiber.interrupt(charging)),`
      }
    ]
  },
  {
    name: "whoever is late holds everybody up",
    law: "nobody takes over from the living",
    harm: "a shutdown waits for ever for a silent gateway",
    edits: [
      {
        file: detached,
        find: `Effect.andThen(
        Effect.interruptible(Effect.sleep(deadline)),`,
        put: `Effect.andThen(
        Effect.interruptible(Effect.never),`
      }
    ]
  },
  {
    name: "a charge is sent under a key of the driver's own",
    law: "nothing is sent before its row is committed",
    harm: "money moves under a key of which no record exists",
    edits: [
      {
        file: driver,
        find: `prove({ _tag: "Charge", mid, idempotencyKey, ...amountOf(money), tokenRef }, chargeCodes)`,
        put: 'prove({ _tag: "Charge", mid, idempotencyKey: `${idempotencyKey}0`, ...amountOf(money), tokenRef }, chargeCodes)'
      }
    ]
  },
  {
    name: "every charge goes to one processor",
    law: "a charge goes to the account it was written for",
    harm: "a processor charges what another one's account was permitted",
    edits: [
      {
        file: charge,
        find: `    const provider = yield* (yield* Providers).get(name)
`,
        put: `    const provider = yield* (yield* Providers).get("stub_a" as typeof name)
`
      }
    ]
  },
  {
    name: "cents are sent as whole units",
    law: "what is sent is what was written",
    harm: "a customer pays a hundred times the price",
    edits: [
      {
        file: driver,
        find: `prove({ _tag: "Charge", mid, idempotencyKey, ...amountOf(money), tokenRef }, chargeCodes)`,
        put: `prove({ _tag: "Charge", mid, idempotencyKey, amount: money.amount * 100, currency: money.currency, tokenRef }, chargeCodes)`
      }
    ]
  },
  {
    name: "the account that declined stays in the list",
    law: "a cascade asks each account once",
    harm: "one account is shown the same card again and again",
    edits: [{ file: cascade, find: `candidates.slice(at + 1)`, put: `candidates.slice(at)` }]
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
    name: "what an attempt asks for grows with its number",
    law: "an attempt is for what was declared",
    harm: "whoever was declined once pays more",
    edits: [
      {
        file: open,
        find: `  const { id, money } = session.declaration
  const ordinal = session.attempts.length + 1`,
        put: `  const { id, money: declared } = session.declaration
  const ordinal = session.attempts.length + 1
  const money = { amount: declared.amount * ordinal, currency: declared.currency } as typeof declared`
      }
    ]
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
  },
  {
    name: "a permit that went stale breaks the cascade",
    law: "nothing breaks by itself",
    harm: "whoever asks hears of an internal error, and tries again",
    edits: [
      {
        file: cascade,
        find: `      if (event._tag === "PermitWentStale") return stop({ _tag: "LeftToReconciler" })
`,
        put: ``
      }
    ]
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
  },
  ...refundPlants
]
