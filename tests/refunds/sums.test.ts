// Whatever happens to refunds, in whatever order: never more goes back than came, our books say nothing that the
// gateway's do not, and once everything was asked for they are the same.
import { assert, it } from "@effect/vitest"
import { DateTime, Duration, Effect } from "effect"
import { DisputeNews } from "../../src/kernel/disputes/DisputeNews.ts"
import { MidId, Principal } from "../../src/kernel/ids.ts"
import { Money } from "../../src/kernel/Money.ts"
import { Providers } from "../../src/kernel/PaymentProvider.ts"
import { RefundLedger } from "../../src/kernel/refunds/RefundLedger.ts"
import { RefundNews } from "../../src/kernel/refunds/RefundNews.ts"
import { RefundReconciler } from "../../src/kernel/refunds/RefundReconciler.ts"
import { type Draw, drawing } from "../db/dropped/hands.ts"
import { Owner } from "../db/support/pgStorage.ts"
import { anHourPasses, books, paidSession, refund, refundDoors, told } from "./support.ts"

type Paid = Effect.Success<ReturnType<typeof paidSession>>

const captured = 5000

/** Amounts whose ends say what becomes of them: lost, never arrived, declined, given back. */
const amounts = [100, 591, 1000, 1092, 1091, 93, 2500, 5000]

const pick = <A>(draw: Draw, one: A, ...others: ReadonlyArray<A>): A =>
  others[draw(others.length + 1) - 1] ?? one

/** A process that writes a refund ahead, sends it or does not, and dies. */
const sentAndDied = Effect.fnUntraced(function* ({ id, mid, charge }: Paid, amount: number, sends: boolean) {
  const ledger = yield* RefundLedger
  const by = Principal.make("test")
  const opening = yield* ledger.open(
    {
      session: id,
      mid: MidId.make(mid),
      processorReference: charge,
      amount,
      kind: "refund",
      reason: "it came back",
      lease: Duration.zero
    },
    { by, idempotencyKey: undefined, body: { session: id, amount, reason: "it came back" } }
  )
  if (opening._tag !== "Permitted" || !sends) return
  const { refund: row } = opening
  const provider = yield* (yield* Providers).get(row.provider)
  yield* Effect.ignore(provider.refund(row))
})

/** Somebody refunds at the processor, without asking here. */
const byHand = Effect.fnUntraced(function* ({ mid, charge }: Paid, amount: number, key: string) {
  const owner = yield* Owner
  const [gateway] = yield* owner<{ readonly name: string }>`
    select gateway as name from stub_gateway.entries where mid = ${mid} and processor_reference = ${charge}`
  const provider = yield* (yield* Providers).get(
    (yield* Providers).names.find((name) => name === gateway?.name) ?? (yield* Effect.die("no such gateway"))
  )
  const money = new Money({ amount, currency: "USD" })
  yield* Effect.ignore(
    provider.refund({ mid: MidId.make(mid), processorReference: charge, idempotencyKey: key, money })
  )
})

/** Webhooks about everything that went back at the gateway; each may be early, late or again. */
const news = Effect.fnUntraced(function* ({ mid, charge }: Paid, wanted: (nth: number) => boolean) {
  const owner = yield* Owner
  const { heard } = yield* RefundNews
  const entries = yield* owner<{ readonly reference: string }>`
    select processor_reference as reference from stub_gateway.entries
    where mid = ${mid} and charge_reference = ${charge} and kind = 'refunded' order by written`
  for (const [nth, { reference }] of entries.entries()) {
    if (!wanted(nth)) continue
    yield* heard(MidId.make(mid), { refundReference: reference, processorReference: charge }).pipe(
      Effect.catchTag("Indeterminate", () => Effect.void)
    )
  }
})

const dispute = Effect.fnUntraced(function* ({ mid, charge }: Paid, state: "open" | "won", minute: number) {
  const { heard } = yield* DisputeNews
  const money = new Money({ amount: 1000, currency: "USD" })
  const heardAt = DateTime.makeUnsafe(Date.UTC(2026, 10, 21, 10, minute))
  const reference = { disputeReference: `dp ${charge}`, processorReference: charge }
  yield* heard(MidId.make(mid), { ...reference, state, money, reason: "fraudulent" }, heardAt)
})

const move = (paid: Paid, draw: Draw, nth: number) => {
  const amount = pick(draw, 100, ...amounts)
  const reconcile = Effect.flatMap(RefundReconciler, ({ takeOver, pass }) => Effect.andThen(takeOver, pass))
  return pick(
    draw,
    { says: `refund ${amount}`, does: refund(paid.id, amount) },
    { says: `refund ${amount}`, does: refund(paid.id, amount) },
    {
      says: `refund ${amount} twice at once`,
      does: Effect.all([refund(paid.id, amount), refund(paid.id, amount)], { concurrency: 2 })
    },
    { says: `sent ${amount} and died`, does: sentAndDied(paid, amount, true) },
    { says: `wrote ${amount} and died`, does: sentAndDied(paid, amount, false) },
    { says: `${amount} by hand`, does: byHand(paid, amount, `by hand ${paid.id} ${nth}`) },
    { says: "reconciles", does: reconcile },
    { says: "an hour passes", does: anHourPasses(paid.id) },
    { says: "news", does: news(paid, () => draw(2) === 0) },
    { says: "disputed", does: dispute(paid, "open", nth) },
    { says: "dispute won", does: dispute(paid, "won", nth) }
  )
}

it.layer(refundDoors, { excludeTestServices: true, timeout: "300 seconds" })("refunds in any order", (it) => {
  it.effect("give back no more than came, and are booked as they went", () =>
    Effect.gen(function* () {
      const seen = new Set<string>()
      let returned = 0
      for (let seed = 1; seed <= 40; seed++) {
        const draw = drawing(seed)
        const paid = yield* paidSession(captured)
        const story = [`seed ${seed}`]
        const holds = Effect.gen(function* () {
          const { gateway, booked, posted } = yield* books(paid.id)
          assert.isAtMost(gateway, captured, story.join(", "))
          assert.isAtMost(booked, gateway, story.join(", "))
          assert.strictEqual(posted, booked, story.join(", "))
        })
        for (let nth = 0; nth < 10; nth++) {
          const { says, does } = move(paid, draw, nth)
          story.push(says)
          yield* does
          yield* holds
        }
        // Everybody is asked until nothing is open, and every webhook comes at last.
        const { takeOver, pass } = yield* RefundReconciler
        for (let round = 0; round < 3; round++) {
          yield* anHourPasses(paid.id)
          yield* takeOver
          yield* pass
        }
        yield* news(paid, () => true)
        yield* holds
        const { gateway, booked } = yield* books(paid.id)
        assert.strictEqual(booked, gateway, story.join(", "))
        const owner = yield* Owner
        const rows = yield* owner<{ readonly state: string; readonly sends: number }>`
          select state, (select count(*)::int from stub_gateway.entries e
            where e.idempotency_key = r.idempotency_key and e.kind = 'refunded') as sends
          from refunds r where session_id = ${paid.id}`
        for (const { state, sends } of rows) {
          seen.add(state)
          assert.include(["refunded", "declined", "absent"], state, story.join(", "))
          assert.strictEqual(sends, state === "refunded" ? 1 : 0, story.join(", "))
        }
        for (const incident of (yield* told(paid.id)).incidents) seen.add(incident)
        returned += gateway
      }
      // It happened at all.
      for (const what of ["refunded", "declined", "absent", "refunded_elsewhere"])
        assert.isTrue(seen.has(what), what)
      assert.isAbove(returned, captured)
    })
  )
})
