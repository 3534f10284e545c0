import { assert } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { MidId, SessionId } from "../../src/kernel/ids.ts"
import { type PaymentProvider, Providers, type RefundHeard } from "../../src/kernel/PaymentProvider.ts"
import { RefundNews } from "../../src/kernel/refunds/RefundNews.ts"
import { RefundReconciler } from "../../src/kernel/refunds/RefundReconciler.ts"
import { developmentKey } from "../../src/db/seedData.ts"
import { Owner } from "../db/support/pgStorage.ts"
import { at, confirm, Doors, doors, field, newSession } from "../graphql/support.ts"

/** Both doors over the real database, and its owner, who looks into the gateways' own books and moves time. */
export const refundDoors = Owner.layer.pipe(Layer.provideMerge(doors))

/** A session of so many cents that was paid; with its charge. */
export const paidSession = Effect.fnUntraced(function* (amount = 5000) {
  const id = yield* newSession({
    customer: "loop_user_1",
    brand: "loop-store",
    entity: "loop_goods",
    mode: "hosted",
    product: "merchandise",
    intent: { type: "amount", amountCents: amount, currency: "USD" }
  })
  assert.strictEqual(at(yield* confirm(id, "tok_captured"), "outcome"), "settled")
  const owner = yield* Owner
  const [capture] = yield* owner<{ readonly mid: string; readonly charge: string }>`
    select mid_id as mid, processor_reference as charge from captures where session_id = ${id}`
  if (capture === undefined) return assert.fail("nothing was captured")
  return { id: SessionId.make(id), ...capture }
})

export const refundQuery = `mutation ($input: RefundPaymentInput!, $key: String) {
  refundPayment(input: $input, idempotencyKey: $key) {
    __typename
    ... on RefundPaymentPayload {
      refund { refundId ordinal state kind money { amount currency } code message refundReference }
      session { state }
    }
    ... on Refusal { code field message }
    ... on RefundTooLarge { refundable }
    ... on RefundBlocked { reason by }
  }
}`

/** Refunds through GraphQL. */
export const refund = (session: string, amount?: number, key?: string, reason = "it came back") =>
  field(refundQuery, "refundPayment", { input: { session, amount, reason }, key })

/** Asks the REST door for the refunds of a session. */
export const rest = Effect.fnUntraced(function* (
  session: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {}
) {
  const { fetch } = yield* Doors
  return yield* fetch(`/v1/payment-sessions/${session}/refunds`, {
    method: body === undefined ? "GET" : "POST",
    headers: {
      authorization: `Bearer ${developmentKey.key}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) })
  })
})

const lines = (all: unknown): ReadonlyArray<string> =>
  Array.isArray(all)
    ? all.map((one) => `${at(one, "kind")} ${at(one, "state")} ${at(one, "money", "amount")}`)
    : []

const bothDoors = Effect.fnUntraced(function* (session: string) {
  const read = yield* field(
    `query ($id: ID!) { session(id: $id) {
      captures { refundable { amount } blocked { reason by } } refunds { nodes { state kind money { amount } } }
      disputes { nodes { reference state } } } }`,
    "session",
    { id: session }
  )
  const { json } = yield* rest(session)
  return {
    refunds: lines(at(read, "refunds", "nodes")),
    told: lines(at(json, "refunds")).toReversed(),
    left: at(read, "captures", 0, "refundable", "amount"),
    toldLeft: at(json, "captures", 0, "refundable"),
    blocked: at(read, "captures", 0, "blocked") ?? undefined,
    toldBlocked: at(json, "captures", 0, "blocked"),
    disputes: at(read, "disputes", "nodes")
  }
})

/** What of a session stands in the answer of both doors: state and amount of each refund, and what is left. */
export const standing = Effect.fnUntraced(function* (session: string) {
  const { told, toldLeft, toldBlocked, ...read } = yield* bothDoors(session).pipe(
    // Where workers are at it, something may happen between the one answer and the other.
    Effect.repeat({
      until: (seen) => `${seen.refunds}${seen.left}` === `${seen.told}${seen.toldLeft}`,
      times: 9
    })
  )
  assert.deepStrictEqual(told, read.refunds, "both doors tell the same")
  assert.strictEqual(toldLeft, read.left)
  assert.deepStrictEqual(toldBlocked, read.blocked)
  return read
})

/** What really went back, by the gateways' own books and by ours. */
export const books = Effect.fnUntraced(function* (session: string) {
  const owner = yield* Owner
  const [sums] = yield* owner<{
    readonly captured: number
    readonly gateway: number
    readonly booked: number
    readonly posted: number
    readonly sends: number
  }>`
    select coalesce(sum(c.amount), 0)::int as captured,
      coalesce(sum((select sum(e.amount) from stub_gateway.entries e
        where e.mid = c.mid_id and e.charge_reference = c.processor_reference and e.kind in ('refunded', 'voided'))), 0)::int as gateway,
      coalesce(sum((select sum(r.amount) from returns r
        where r.mid_id = c.mid_id and r.processor_reference = c.processor_reference)), 0)::int as booked,
      coalesce((select sum(case when p.debit_account = 'customer_payments' then p.amount else -p.amount end) from postings p
        where p.session_id = ${session} and not exists (select from captures c
          where (c.mid_id, c.processor_reference) = (p.mid_id, p.processor_reference))), 0)::int as posted,
      coalesce(sum((select count(*) from stub_gateway.entries e
        where e.mid = c.mid_id and e.charge_reference = c.processor_reference and e.operation <> 'charge')), 0)::int as sends
    from captures c where c.session_id = ${session}`
  return sums ?? assert.fail("no such session")
})

/** The events and the incidents of a session about money after its capture. */
export const told = Effect.fnUntraced(function* (session: string) {
  const owner = yield* Owner
  const events = yield* owner<{ readonly type: string }>`
    select type from outbox where session_id = ${session} and type <> 'payment.charged.v1' order by event_nr`
  const incidents = yield* owner<{ readonly kind: string }>`
    select kind from incidents where session_id = ${session} order by incident_id`
  return {
    events: events.map(({ type }) => type.replace("payment.", "").replace(".v1", "")),
    incidents: incidents.map(({ kind }) => kind)
  }
})

/** Lets an hour pass for the refunds of a session: its leases are over, and so is every processor's horizon. */
export const anHourPasses = Effect.fnUntraced(function* (session: string) {
  const owner = yield* Owner
  yield* owner.withTransaction(
    Effect.gen(function* () {
      yield* owner`alter table refunds disable trigger user`
      yield* owner`update refunds set written_at = written_at - interval '1 hour',
        lease_until = lease_until - interval '1 hour', next_check_at = next_check_at - interval '1 hour'
        where session_id = ${session}`
      yield* owner`alter table refunds enable trigger user`
    })
  )
})

/** What went back under a reference comes back to the gateway. */
export const returnsTo = Effect.fnUntraced(function* (reference: string) {
  yield* (yield* Owner)`update stub_gateway.entries set kind = 'declined', code = 'refund_declined'
    where processor_reference = ${reference}`
})

/** Somebody gives money of a charge back at the gateway, without asking here. */
export const byHand = Effect.fnUntraced(function* (charge: string, reference: string, amount: number) {
  yield* (yield* Owner)`
    insert into stub_gateway.entries (gateway, mid, idempotency_key, operation, kind, code, processor_reference,
      charge_reference, amount, currency, token_ref, moves_at, created_at)
    select gateway, mid, ${reference}, 'refund', 'refunded', 'refunded', ${reference}, charge_reference, ${amount},
      currency, token_ref, date_trunc('second', now()), date_trunc('second', now())
    from stub_gateway.entries where processor_reference = ${charge}`
})

/** Tells of a refund, as a webhook does. */
export const news = Effect.fnUntraced(function* (
  mid: string,
  refundReference: string,
  processorReference: string,
  said: Pick<RefundHeard, "said"> = {}
) {
  return yield* (yield* RefundNews).heard(MidId.make(mid), { refundReference, processorReference, ...said })
})

/**
 * Asks as the service does, with answers that are on their way for long: `between` happens once, after the processor gave
 * the last of them and before anybody hears it.
 */
export const overtaken = Effect.fnUntraced(function* <A, E, E2, R, R2>(
  asks: Effect.Effect<A, E, R>,
  between: Effect.Effect<unknown, E2, R2>,
  after: "sum" | "refund" = "sum"
) {
  const real = yield* Providers
  const context = yield* Effect.context<R2>()
  let over = false
  const once = Effect.suspend(() => {
    if (over) return Effect.void
    over = true
    return Effect.orDie(Effect.provideContext(between, context))
  })
  const slow = (provider: PaymentProvider): PaymentProvider => {
    const { refundLookup } = provider
    if (after === "sum" || refundLookup === undefined) {
      return { ...provider, refundContext: (charge) => Effect.tap(provider.refundContext(charge), once) }
    }
    return {
      ...provider,
      refundLookup: {
        ...refundLookup,
        lookupRefund: (query) => Effect.tap(refundLookup.lookupRefund(query), once),
        readRefund: (named) => Effect.tap(refundLookup.readRefund(named), once)
      }
    }
  }
  const wrapped = Layer.succeed(Providers, { ...real, get: (name) => Effect.map(real.get(name), slow) })
  return yield* asks.pipe(Effect.provide(Layer.fresh(RefundReconciler.layer).pipe(Layer.provide(wrapped))))
})
