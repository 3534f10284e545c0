// Whatever happens to refunds at a processor, whoever makes them, in whatever order it is told, and however long its
// answers are on their way: what somebody was told is known is in the books, what failed is not, and once everything is
// told the books are the gateway's, refund by refund.
import { assert, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { MidId, Principal, SessionId } from "../../src/kernel/ids.ts"
import { Providers } from "../../src/kernel/PaymentProvider.ts"
import { RefundLedger } from "../../src/kernel/refunds/RefundLedger.ts"
import { RefundReconciler } from "../../src/kernel/refunds/RefundReconciler.ts"
import { type Draw, drawing } from "../db/dropped/hands.ts"
import { Owner } from "../db/support/pgStorage.ts"
import { capturedLate, declinedTwice, handleAll, waits } from "./inReview.ts"
import {
  anHourPasses,
  byHand,
  news,
  overtaken,
  paidSession,
  refund,
  refundDoors,
  returnsTo
} from "./support.ts"

const histories = Number(process.env["RETURN_HISTORIES"] ?? 16)
// Among these sixteen are those that notice a version that is not asked for, and a sender who is believed too late.
const first = Number(process.env["RETURN_SEED"] ?? 12)

interface Paid {
  readonly id: SessionId
  readonly mid: string
  readonly charge: string
  readonly inReview: boolean
}

/** What the gateway says of each refund of a charge, and what our books hold of it. */
const objectsOf = Effect.fnUntraced(function* ({ mid, charge }: Paid) {
  return yield* (yield* Owner)<{
    readonly reference: string
    readonly amount: number
    readonly stands: boolean
    readonly booked: number
  }>`select e.processor_reference as reference, e.amount::int as amount, e.kind = 'refunded' as stands,
      coalesce((select sum(r.amount) from returns r
        where r.mid_id = e.mid and r.refund_reference = e.processor_reference), 0)::int as booked
    from stub_gateway.entries e
    where e.mid = ${mid} and e.charge_reference = ${charge} and e.operation = 'refund' order by e.written`
})

const sessionOf = Effect.fnUntraced(function* (draw: Draw, name: string) {
  if (draw(4) > 0) return { ...(yield* paidSession()), inReview: false }
  const id = yield* declinedTwice(5000, name)
  const charge = yield* capturedLate(id, 1)
  const [row] = yield* (yield* Owner)<{ readonly mid: string }>`
    select mid_id as mid from captures where session_id = ${id}`
  return {
    id: SessionId.make(id),
    mid: row?.mid ?? assert.fail("nothing was captured"),
    charge,
    inReview: true
  }
})

const pick = <A>(draw: Draw, one: A, ...others: ReadonlyArray<A>): A =>
  others[draw(others.length + 1) - 1] ?? one

const history = Effect.fnUntraced(function* (seed: number, seen: Set<string>) {
  const draw = drawing(seed)
  const paid = yield* sessionOf(draw, `order_of_history_${seed}`)
  const { id, mid, charge } = paid
  const story = [`seed ${seed}${paid.inReview ? " in review" : ""}`]
  const failed = new Set<string>()
  /** What somebody heard the truth of, for as long as it stays the truth. */
  const truth = new Map<string, boolean>()

  const tells = Effect.fnUntraced(function* (reference: string) {
    const before = (yield* objectsOf(paid)).find((one) => one.reference === reference)?.stands
    const known = yield* news(mid, reference, charge).pipe(
      Effect.catchTag("Indeterminate", () => Effect.succeed(false))
    )
    const after = (yield* objectsOf(paid)).find((one) => one.reference === reference)?.stands
    if (known && before === after && after !== undefined) truth.set(reference, after)
  })

  const elsewhere = Effect.fnUntraced(function* (amount: number, reference: string) {
    const gone = (yield* objectsOf(paid)).reduce((sum, one) => sum + (one.stands ? one.amount : 0), 0)
    if (gone + amount <= 5000) yield* byHand(charge, reference, amount)
  })

  const fails = Effect.fnUntraced(function* (stands: boolean) {
    const one = pick(
      draw,
      undefined,
      ...(yield* objectsOf(paid)).filter((object) => object.stands === stands)
    )
    if (one === undefined) return
    const { reference, amount } = one
    if (stands) {
      failed.add(reference)
      yield* returnsTo(reference)
    } else if (failed.has(reference)) {
      const gone = (yield* objectsOf(paid)).reduce(
        (sum, object) => sum + (object.stands ? object.amount : 0),
        0
      )
      if (gone + amount > 5000) return
      yield* (yield* Owner)`update stub_gateway.entries set kind = 'refunded', code = 'refunded'
        where processor_reference = ${reference}`
    }
    truth.delete(reference)
    story.push(`(${reference.slice(0, 6)} ${stands ? "fails" : "arrives after all"})`)
    if (draw(3) > 0) yield* tells(reference)
  })

  const someNews = Effect.suspend(() =>
    Effect.flatMap(objectsOf(paid), (all) => {
      const one = pick(draw, "not there", ...all.map(({ reference }) => reference))
      return one === "not there" ? tells(`early ${charge}`) : tells(one)
    })
  )

  const reconcile = Effect.flatMap(RefundReconciler, ({ takeOver, pass }) =>
    Effect.andThen(takeOver, Effect.andThen(dueNow(id), pass))
  )

  /** A sender whose answer is on its way for as long as what happens meanwhile. */
  const slowly = Effect.fnUntraced(function* <E, R>(amount: number, between: Effect.Effect<unknown, E, R>) {
    const ledger = yield* RefundLedger
    const by = Principal.make("test")
    const opening = yield* ledger.open(
      {
        session: paid.id,
        mid: MidId.make(mid),
        processorReference: charge,
        amount,
        kind: "refund",
        reason: "it came back",
        lease: Duration.zero
      },
      { by, idempotencyKey: undefined, body: { session: paid.id, amount, reason: "it came back" } }
    )
    if (opening._tag !== "Permitted") return
    const { refund: row } = opening
    const answer = yield* Effect.result((yield* (yield* Providers).get(row.provider)).refund(row))
    yield* between
    if (answer._tag === "Failure") return
    const { refundReference, money } = answer.success
    const evidence = { code: "refunded", message: "the gateway gave it back" }
    const outcome = { _tag: "Refunded", refundReference, money, evidence } as const
    yield* ledger.record({ refund: row.id, outcome, source: "driver", by })
  })

  const simple = () => {
    const amount = pick(draw, 700, 700, 1200, 2000, 5000, 1091, 1092)
    const reference = draw(3) === 0 ? `early ${charge}` : `by hand ${story.length} ${charge}`
    return pick(
      draw,
      { says: `ours ${amount}`, does: Effect.asVoid(refund(id, amount)) },
      { says: `elsewhere ${amount}`, does: Effect.ignore(elsewhere(amount, reference)) },
      { says: "one fails", does: fails(true) },
      { says: "one arrives after all", does: draw(4) === 0 ? fails(false) : Effect.void },
      { says: "news", does: someNews },
      { says: "news", does: someNews },
      { says: "an hour passes", does: anHourPasses(id) },
      { says: "reconciles", does: Effect.asVoid(reconcile) },
      { says: "handled", does: paid.inReview ? Effect.asVoid(handleAll(id)) : Effect.void }
    )
  }
  /** The refund itself fails, or another, and it is told: the worst that may happen while an answer is on its way. */
  const strikes = Effect.suspend(() => Effect.andThen(fails(true), someNews))
  const move = () => {
    const one = simple()
    const other = simple()
    const then = {
      says: `fails, or ${other.says}`,
      does: Effect.gen(function* () {
        if (draw(3) > 0) return yield* strikes
        return yield* other.does
      })
    }
    const after = pick(draw, "sum" as const, "refund" as const)
    const amount = pick(draw, 700, 700, 1200)
    const unknown = Effect.andThen(Effect.orDie(refund(id, 1091)), overtaken(reconcile, then.does, "refund"))
    // Time is moved by a lock on the whole table, which nothing waits for in its midst.
    const alone = `${one.says} ${other.says}`.includes("hour")
    return pick(
      draw,
      one,
      one,
      { says: `news, overtaken: ${then.says}`, does: overtaken(someNews, then.does, after) },
      { says: `news, overtaken: ${then.says}`, does: overtaken(someNews, then.does, after) },
      { says: `reconciles, overtaken: ${then.says}`, does: unknown },
      { says: `ours ${amount}, overtaken: ${then.says}`, does: slowly(amount, then.does) },
      {
        says: `${one.says} and ${other.says} at once`,
        does: Effect.all([one.does, other.does], { concurrency: alone ? 1 : 2 })
      }
    )
  }

  const holds = Effect.gen(function* () {
    const all = yield* objectsOf(paid)
    for (const { reference, amount, booked, stands } of all) {
      const known = truth.get(reference)
      const about = `${story.join("; ")}: ${reference}`
      if (known !== undefined && known === stands) assert.strictEqual(booked, stands ? amount : 0, about)
    }
    const owner = yield* Owner
    const alarms = yield* owner<{ readonly about: string }>`select detail ->> 'refundReference' as about
      from incidents where session_id = ${id} and kind = 'refund_taken_back'`
    for (const { about } of alarms) {
      seen.add("refund_taken_back")
      assert.isTrue(failed.has(about), `${story.join("; ")}: ${about}`)
    }
    if (paid.inReview) {
      const { state } = yield* waits(id)
      seen.add(String(state))
      // Its order is free: all that was captured was booked as gone, by refunds that stood when they were heard of.
      const gone = all.reduce((sum, { booked }) => sum + booked, 0)
      if (state === "failed" && gone < 5000) assert.isAbove(failed.size, 0, story.join("; "))
    }
  })

  for (let nth = 0; nth < 9; nth++) {
    const { says, does } = move()
    story.push(says)
    yield* does
    yield* holds
  }
  // Everything is asked for and told at last, twice.
  for (let round = 0; round < 3; round++) {
    yield* anHourPasses(id)
    yield* reconcile
  }
  for (let round = 0; round < 2; round++) {
    for (const { reference } of yield* objectsOf(paid)) yield* tells(reference)
  }
  story.push("healed")
  yield* holds
  const owner = yield* Owner
  const all = yield* objectsOf(paid)
  for (const { reference, amount, stands, booked } of all) {
    assert.strictEqual(booked, stands ? amount : 0, `${story.join("; ")}: ${reference}`)
    if (stands) seen.add("stands")
  }
  const [sums] = yield* owner<{
    readonly booked: number
    readonly posted: number
    readonly stranger: number
  }>`
    select coalesce(sum(amount), 0)::int as booked,
      (select coalesce(sum(case when p.debit_account = 'customer_payments' then p.amount else -p.amount end), 0)
        from postings p where p.session_id = ${id} and p.processor_reference <> ${charge})::int as posted,
      count(*) filter (where refund_reference <> all (${all.map(({ reference }) => reference)}))::int as stranger
    from returns where session_id = ${id}`
  const gateway = all.reduce((sum, { amount, stands }) => sum + (stands ? amount : 0), 0)
  assert.deepStrictEqual(sums, { booked: gateway, posted: gateway, stranger: 0 }, story.join("; "))
  const states = yield* owner<{ readonly state: string; readonly stands: boolean | null }>`
    select r.state, e.kind = 'refunded' as stands from refunds r
    left join stub_gateway.entries e on e.idempotency_key = r.idempotency_key and e.operation = 'refund'
    where r.session_id = ${id}`
  for (const { state, stands } of states) {
    seen.add(state)
    if (state === "refunded" || state === "taken_back") {
      assert.strictEqual(state === "refunded", stands === true, story.join("; "))
    }
    assert.notInclude(["in_flight", "indeterminate"], state, story.join("; "))
  }
})

const dueNow = Effect.fnUntraced(function* (session: string) {
  yield* (yield* Owner)`update refunds set next_check_at = now() where session_id = ${session} and state = 'indeterminate'`
})

it.layer(refundDoors, { excludeTestServices: true, timeout: "60 seconds" })("refunds, one by one", (it) => {
  it.effect(
    "are booked as they stand at the gateway, in whatever order it is told",
    () =>
      Effect.gen(function* () {
        const seen = new Set<string>()
        for (let seed = first; seed < first + histories; seed++) yield* history(seed, seen)
        // It happened at all.
        for (const what of ["stands", "refunded", "refund_taken_back"]) assert.isTrue(seen.has(what), what)
      }),
    60_000 + 5_000 * histories
  )
})
