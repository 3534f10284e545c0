import { layer } from "@effect/vitest"
import { Clock, Effect, type Layer } from "effect"
import { randomUUID } from "node:crypto"
import { expect } from "vitest"
import { StubEntry } from "../../src/layers/providers/stub/StubEntry.ts"
import { StubGatewayLedger } from "../../src/layers/providers/stub/StubGatewayLedger.ts"

/** The laws of the gateways' books, in whatever storage. The books may hold more than what one test writes. */
export const stubGatewayLedgerSuite = <E>(name: string, books: Layer.Layer<StubGatewayLedger, E>): void => {
  layer(books, { excludeTestServices: true })(`${name}: the gateways' books`, (it) => {
    const law = (what: string, body: Effect.Effect<void, unknown, StubGatewayLedger>) =>
      it.effect(what, () => body)

    law(
      "hold what was written, word for word",
      Effect.gen(function* () {
        const ledger = yield* StubGatewayLedger
        const entry = yield* newCharge()
        expect(yield* ledger.write(entry)).toEqual({ _tag: "Written" })
        expect(yield* ledger.byKey(entry.gateway, entry.idempotencyKey)).toEqual([entry])
        expect(yield* ledger.byCharge(entry.gateway, entry.mid, entry.chargeReference)).toEqual([entry])
        expect(yield* ledger.entries).toContainEqual(entry)
        expect(yield* ledger.byKey("another", entry.idempotencyKey)).toEqual([])
        expect(yield* ledger.byCharge(entry.gateway, "another", entry.chargeReference)).toEqual([])
      })
    )

    law(
      "hold one charge for one key, whatever the second one says",
      Effect.gen(function* () {
        const ledger = yield* StubGatewayLedger
        const entry = yield* newCharge()
        const declined = new StubEntry({ ...entry, kind: "declined", code: "do_not_honor" })
        yield* ledger.write(entry)
        expect(yield* ledger.write(declined)).toEqual({ _tag: "AlreadyWritten", first: entry })
        expect(yield* ledger.byKey(entry.gateway, entry.idempotencyKey)).toEqual([entry])
      })
    )

    law(
      "hold one charge for one key, written many times at once",
      Effect.gen(function* () {
        const ledger = yield* StubGatewayLedger
        const entry = yield* newCharge()
        const writings = yield* Effect.all(
          Array.from({ length: 12 }, () => ledger.write(entry)),
          { concurrency: "unbounded" }
        )
        expect(writings.filter(({ _tag }) => _tag === "Written")).toHaveLength(1)
        expect(writings.filter(({ _tag }) => _tag === "AlreadyWritten")).toHaveLength(11)
        expect(yield* ledger.byKey(entry.gateway, entry.idempotencyKey)).toEqual([entry])
      })
    )

    law(
      "give back no more than came, even when many take at once",
      Effect.gen(function* () {
        const ledger = yield* StubGatewayLedger
        const charge = yield* newCharge()
        yield* ledger.write(charge)
        const writings = yield* Effect.all(
          Array.from({ length: 8 }, (_, nth) => ledger.write(refundOf(charge, String(nth), 400))),
          { concurrency: "unbounded" }
        )
        expect(writings.filter(({ _tag }) => _tag === "Written")).toHaveLength(2)
        expect(writings.filter(({ _tag }) => _tag === "TooMuch")).toHaveLength(6)
        expect(yield* ledger.write(refundOf(charge, "rest", 201))).toEqual({ _tag: "TooMuch", left: 200 })
        expect(yield* ledger.write(refundOf(charge, "rest", 200))).toEqual({ _tag: "Written" })
      })
    )

    law(
      "give back anew what did not arrive, once it is here again",
      Effect.gen(function* () {
        const ledger = yield* StubGatewayLedger
        const charge = yield* newCharge()
        yield* ledger.write(charge)
        const refunded = refundOf(charge, "1", 1000)
        yield* ledger.write(refunded)
        const movesAt = refunded.createdAt + 60_000
        const back = {
          operation: "return",
          kind: "returned",
          processorReference: `back ${refunded.processorReference}`
        } as const
        const returned = new StubEntry({ ...refunded, ...back, movesAt })
        expect(yield* ledger.write(returned)).toEqual({ _tag: "Written" })
        expect(yield* ledger.write(returned)).toMatchObject({ _tag: "AlreadyWritten" })
        const anew = refundOf(charge, "2", 1000)
        expect(yield* ledger.write(anew)).toEqual({ _tag: "TooMuch", left: 0 })
        const later = new StubEntry({ ...anew, createdAt: movesAt, movesAt })
        expect(yield* ledger.write(later)).toEqual({ _tag: "Written" })
      })
    )

    law(
      "give nothing back of a charge that is unknown, in another currency or not moved yet",
      Effect.gen(function* () {
        const ledger = yield* StubGatewayLedger
        const nothing = { _tag: "TooMuch", left: 0 }
        const unknown = yield* newCharge()
        expect(yield* ledger.write(refundOf(unknown, "1", 1))).toEqual(nothing)
        const charge = yield* newCharge()
        yield* ledger.write(charge)
        const inEuro = new StubEntry({ ...refundOf(charge, "1", 1), currency: "EUR" })
        expect(yield* ledger.write(inEuro)).toEqual(nothing)
        const ahead = yield* newCharge()
        yield* ledger.write(new StubEntry({ ...ahead, movesAt: ahead.movesAt + 60_000 }))
        expect(yield* ledger.write(refundOf(ahead, "1", 1))).toEqual(nothing)
      })
    )

    law(
      "sum what has moved by now, and name the sessions that were captured twice",
      Effect.gen(function* () {
        const ledger = yield* StubGatewayLedger
        const before = yield* ledger.totals
        const once = yield* newCharge()
        yield* ledger.write(once)
        yield* ledger.write(refundOf(once, "1", 300))
        const ahead = yield* newCharge()
        yield* ledger.write(new StubEntry({ ...ahead, movesAt: ahead.movesAt + 60_000 }))
        const declined = yield* newCharge()
        yield* ledger.write(new StubEntry({ ...declined, kind: "declined", code: "do_not_honor" }))
        const first = yield* newCharge()
        const second = yield* newCharge()
        const session = first.idempotencyKey.replace("-1-a", "")
        yield* ledger.write(first)
        yield* ledger.write(new StubEntry({ ...second, idempotencyKey: `${session}-2-b` }))

        const after = yield* ledger.totals
        const inDollars = ({ byCurrency }: typeof after) =>
          byCurrency.find(({ currency }) => currency === "USD") ?? { captured: 0, refunded: 0, voided: 0 }
        expect(inDollars(after).captured - inDollars(before).captured).toBe(3000)
        expect(inDollars(after).refunded - inDollars(before).refunded).toBe(300)
        expect(after.doubleCharges.length - before.doubleCharges.length).toBe(1)
        expect(after.doubleCharges).toContainEqual({ session, captures: 2 })
      })
    )
  })
}

const newCharge = Effect.fnUntraced(function* () {
  const now = yield* Clock.currentTimeMillis
  const id = randomUUID().replaceAll("-", "")
  return new StubEntry({
    gateway: "stub_a",
    mid: "mid_1",
    idempotencyKey: `ps_${id}-1-a`,
    operation: "charge",
    kind: "captured",
    code: "approved",
    processorReference: `ch_${id}`,
    chargeReference: `ch_${id}`,
    amount: 1000,
    currency: "USD",
    tokenRef: "tok_captured",
    movesAt: now,
    createdAt: now
  })
})

const refundOf = (charge: StubEntry, nth: string, amount: number): StubEntry =>
  new StubEntry({
    ...charge,
    idempotencyKey: `${charge.idempotencyKey}-r${nth}`,
    operation: "refund",
    kind: "refunded",
    code: "refunded",
    processorReference: `${charge.chargeReference}-r${nth}`,
    amount
  })
