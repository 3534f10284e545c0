// Money that goes back over either processor, with every fault at every step: what is written down of it is held
// against the emulators' books.
import { layer } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { expect } from "vitest"
import type { Fault } from "../../sandbox/plumbing/Fault.ts"
import { type Gateway, openCompany, Shop } from "./shop.ts"

const faults: ReadonlyArray<Fault> = [
  { kind: "cut_before" },
  { kind: "cut_after" },
  { kind: "slow", seconds: 0.05 },
  { kind: "late_answer", seconds: 0.05 },
  { kind: "error_before", status: 503 },
  { kind: "error_after", status: 502 },
  { kind: "rate_limited" },
  { kind: "malformed" },
  { kind: "truncated" },
  { kind: "empty" },
  { kind: "answer_twice" }
]

/** How money goes back: Stripe refunds at any time, NMI voids what it has not settled and refunds the rest. */
const ways = [
  { gateway: "stripe", settled: false, kind: "refund", path: "/refunds" },
  { gateway: "nmi", settled: false, kind: "void", path: "/transact.php" },
  { gateway: "nmi", settled: true, kind: "refund", path: "/transact.php" }
] as const

const captured = Effect.fnUntraced(function* (gateway: Gateway, settled: boolean) {
  const shop = yield* Shop
  const { stripe, nmi } = shop.sandbox
  for (const emulator of [stripe, nmi]) emulator.faults.clear()
  const known =
    companies.get(gateway) ?? (yield* openCompany(gateway === "nmi" ? ["nmi", "stripe"] : ["stripe", "nmi"]))
  companies.set(gateway, known)
  const { session, told, amount } = yield* shop.pay(known)
  expect(told).toBe("settled")
  if (settled) {
    yield* Effect.promise(() =>
      fetch(new URL("/_sandbox/settle", nmi.origin), {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ account: "shop" })
      })
    )
  }
  return { shop, session, amount, emulator: shop.sandbox[gateway] }
})
const companies = new Map<Gateway, Effect.Success<ReturnType<typeof openCompany>>>()

layer(Shop.layer(), { excludeTestServices: true, timeout: Duration.minutes(1) })("giving back", (it) => {
  for (const { gateway, settled, kind, path } of ways) {
    const where = `a ${kind} at ${gateway}`
    for (const fault of faults) {
      it.effect(`${fault.kind} at ${where}: it goes back once, and is known in the end`, () =>
        Effect.gen(function* () {
          const { shop, session, amount, emulator } = yield* captured(gateway, settled)
          emulator.faults.add({ fault, match: { path, method: "POST" } })
          const state = yield* shop.giveBack(session)
          expect(emulator.faults.list()).toMatchObject([{ struck: 1 }])
          emulator.faults.clear()
          const back = () => shop.returned(session)
          if (state === "refunded") expect(back()).toEqual([amount])
          if (state === "declined") expect(back()).toEqual([])
          expect(["refunded", "declined", "indeterminate"]).toContain(state)
          // Nobody gives back a second time while the first is unknown.
          if (state === "indeterminate") {
            expect(["RefundTooLarge", "RefundBlocked"]).toContain(yield* shop.giveBack(session, 1))
          }

          yield* shop.reconcile
          yield* shop.anHourLater
          yield* shop.reconcile
          const { refunds } = yield* shop.written(session)
          const end = back().length > 0 ? ["refunded"] : ["declined", "absent"]
          expect(back().length).toBeLessThanOrEqual(1)
          expect(refunds.map((refund) => refund.kind)).toEqual([kind])
          for (const refund of refunds) expect(end).toContain(refund.state)

          // What is left goes back once more, and never more than was captured.
          yield* shop.giveBack(session)
          expect(back()).toEqual([amount])
          expect(["NothingToRefund", "RefundTooLarge"]).toContain(yield* shop.giveBack(session, 1))
        })
      )
    }
  }

  for (const { gateway, settled, kind } of ways) {
    it.effect(
      `in parts at ${gateway}, ${settled ? "settled" : "not settled yet"}: as its processor can`,
      () =>
        Effect.gen(function* () {
          const { shop, session, amount } = yield* captured(gateway, settled)
          const first = yield* shop.giveBack(session, 400)
          if (kind === "void") {
            expect(first).toBe("NotSettledYet")
            expect(shop.returned(session)).toEqual([])
            return
          }
          expect(first).toBe("refunded")
          expect(yield* shop.giveBack(session, amount - 399)).toBe("RefundTooLarge")
          expect(yield* shop.giveBack(session)).toBe("refunded")
          expect(shop.returned(session)).toEqual([400, amount - 400])
        })
    )
  }
})
