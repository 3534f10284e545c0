import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { developmentKey, secondDevelopmentKey } from "../../src/db/seedData.ts"
import { Captured } from "../../src/kernel/cascade/Disposition.ts"
import { AttemptId, Principal } from "../../src/kernel/ids.ts"
import { PaymentLedger } from "../../src/kernel/PaymentLedger.ts"
import { Owner } from "../db/support/pgStorage.ts"
import { at, confirm, Doors, field, newSession } from "../graphql/support.ts"

// Sessions whose money moved although everybody said no, and the persons who look at them.

/** A session of so many cents that was declined on two accounts, and that waits for another card. */
export const declinedTwice = Effect.fnUntraced(function* (amount = 5000, orderReference?: string) {
  const id = yield* newSession({
    customer: "loop_user_1",
    brand: "loop-store",
    entity: "loop_goods",
    mode: "hosted",
    product: "merchandise",
    intent: { type: "amount", amountCents: amount, currency: "USD" },
    ...(orderReference === undefined ? {} : { orderReference })
  })
  assert.strictEqual(yield* confirmed(id), "declined")
  return id
})

/** What the confirmation of a session is told, and whoever repeats it. */
export const confirmed = Effect.fnUntraced(function* (session: string) {
  return at(yield* confirm(session, "tok_soft_decline", `key of ${session}`), "outcome")
})

const attemptOf = (session: string, ordinal: number) => AttemptId.make(`at_${session.slice(3)}_${ordinal}`)

/** The processor takes the money of an attempt all the same, and a webhook tells of it; with its reference. */
export const capturedLate = Effect.fnUntraced(function* (session: string, ordinal: number, amount = 5000) {
  const owner = yield* Owner
  const attempt = attemptOf(session, ordinal)
  const [entry] = yield* owner<{ readonly reference: string }>`
    update stub_gateway.entries e set kind = 'captured', code = 'approved', amount = ${amount}
    from attempts a where a.attempt_id = ${attempt} and e.idempotency_key = a.idempotency_key
    returning e.processor_reference as reference`
  if (entry === undefined) return assert.fail(`nothing was sent for ${attempt}`)
  yield* heardCaptured(attempt, entry.reference, amount)
  return entry.reference
})

export const heardCaptured = Effect.fnUntraced(function* (
  attempt: AttemptId,
  processorReference: string,
  amount = 5000
) {
  return yield* (yield* PaymentLedger).record({
    attempt,
    fence: 0,
    outcome: new Captured({
      processorReference,
      amount,
      currency: "USD",
      evidence: { code: "approved", message: "captured" }
    }),
    source: "webhook",
    next: [],
    by: Principal.make("test")
  })
})

const post = Effect.fnUntraced(function* (key: string, path: string, body: unknown) {
  const { fetch } = yield* Doors
  return yield* fetch(path, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify(body)
  })
})

/** Two operators say of every open incident of a session that it was dealt with. */
export const handleAll = Effect.fnUntraced(function* (session: string) {
  const owner = yield* Owner
  const open = yield* owner<{ readonly nr: number }>`select incident_id::int as nr from incidents
    where session_id = ${session} and closed_at is null order by incident_id`
  for (const { nr } of open) {
    yield* sign({ incident: nr, conclusion: "handled" })
  }
  return open.length
})

/** Two operators say what became of something. */
export const sign = Effect.fnUntraced(function* (said: object) {
  const body = { ...said, evidence: "we looked at the processor" }
  const asked = yield* post(developmentKey.key, "/v1/reviews", body)
  assert.strictEqual(asked.status, 201, asked.text)
  const id = String(at(asked.json, "id"))
  const signed = yield* post(secondDevelopmentKey.key, `/v1/reviews/${id}/approve`, {})
  assert.strictEqual(signed.status, 200, signed.text)
})

/** Where a session stands and what it waits for, as both doors say. */
export const waits = Effect.fnUntraced(function* (session: string) {
  const { fetch } = yield* Doors
  const headers = { authorization: `Bearer ${developmentKey.key}` }
  const { json } = yield* fetch(`/v1/payment-sessions/${session}`, { headers })
  const read = yield* field(
    "query ($id: ID!) { session(id: $id) { state waitsFor { what reference money { amount } message } } }",
    "session",
    { id: session }
  )
  const told = at(read, "waitsFor")
  const items = Array.isArray(told) ? told : []
  const rest = at(json, "waitsFor")
  assert.strictEqual(at(json, "state"), at(read, "state"))
  assert.deepStrictEqual(
    Array.isArray(rest) ? rest.map((one) => at(one, "message")) : [],
    items.map((one) => at(one, "message")),
    "both doors tell the same"
  )
  return {
    state: at(read, "state"),
    for: items.map((one) => [at(one, "what"), at(one, "money", "amount")].filter(Boolean).join(" ")),
    messages: items.map((one) => String(at(one, "message")))
  }
})

/** Claims the fulfilment of a session. */
export const claim = Effect.fnUntraced(function* (session: string) {
  const { json } = yield* post(developmentKey.key, `/v1/payment-sessions/${session}/fulfilment`, {})
  return at(json, "fulfilment") ?? at(json, "error", "code")
})

/** Nobody knows what became of an attempt, and its session is in review. */
export const becomesUnknown = Effect.fnUntraced(function* (session: string, ordinal: number) {
  const owner = yield* Owner
  yield* owner.withTransaction(
    Effect.gen(function* () {
      yield* owner`alter table attempts disable trigger user`
      yield* owner`alter table payment_sessions disable trigger user`
      yield* owner`update attempts set state = 'indeterminate', decline_kind = null, resolved_at = null
        where session_id = ${session} and ordinal = ${ordinal}`
      yield* owner`update payment_sessions set state = 'in_review' where session_id = ${session}`
      yield* owner`alter table attempts enable trigger user`
      yield* owner`alter table payment_sessions enable trigger user`
    })
  )
})
