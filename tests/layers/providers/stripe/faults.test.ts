// Every fault of the emulators at every step of the driver, held against the books of what really moved.
import { it } from "@effect/vitest"
import { DateTime, Duration, Effect, Exit } from "effect"
import { describe, expect } from "vitest"
import type { Fault, Match } from "../../../../sandbox/plumbing/Fault.ts"
import { faultDoes } from "../../../../sandbox/plumbing/Fault.ts"
import type { Sandbox } from "../../../../sandbox/startSandbox.ts"
import type { SendPermit } from "../../../../src/kernel/cascade/SendPermit.ts"
import { Money } from "../../../../src/kernel/Money.ts"
import {
  capability,
  type PaymentProvider,
  type RefundRequest
} from "../../../../src/kernel/PaymentProvider.ts"
import type { StripeTimings } from "../../../../src/layers/providers/stripe/config.ts"
import { declineCodes } from "../../../../src/layers/providers/stripe/declines.ts"
import { declineCodes as emulated } from "../../../../sandbox/stripe/declines.ts"
import { codeCard } from "../../../../sandbox/plumbing/faultCards.ts"
import { cancel, captures, lookup, outcome, tagOf } from "./asking.ts"
import {
  chargeWith,
  keepCard,
  movedBy,
  newPermit,
  sandboxWithCards,
  stripeAgainst,
  token
} from "./stripeUnderTest.ts"

/** Real time; a slow far end takes longer than any of them. */
const timings: StripeTimings = {
  intentDeadline: Duration.millis(1500),
  cancelDeadline: Duration.millis(1500),
  readDeadline: Duration.millis(1500),
  refundDeadline: Duration.millis(1500),
  absenceHorizon: Duration.minutes(10)
}
const tooSlow = 4

/** What any request may suffer. */
const ofRequests: ReadonlyArray<Fault> = [
  { kind: "cut_before" },
  { kind: "cut_after" },
  { kind: "slow", seconds: tooSlow },
  { kind: "late_answer", seconds: tooSlow },
  { kind: "error_before", status: 503 },
  { kind: "error_after", status: 502 },
  { kind: "rate_limited" },
  { kind: "malformed" },
  { kind: "truncated" },
  { kind: "empty" },
  { kind: "answer_twice" }
]

const ofProxy: ReadonlyArray<Fault> = [
  { kind: "proxy_408_before" },
  { kind: "proxy_408_after" },
  { kind: "proxy_408_then", seconds: 1 },
  { kind: "proxy_error", status: 400 },
  { kind: "proxy_error", status: 500 }
]

/** What a charge may suffer: what it has to be taken for, and what moves. */
const ofCharges: ReadonlyArray<readonly [fault: Fault, told: string, moves: number]> = [
  [{ kind: "cut_before" }, "Indeterminate", 0],
  [{ kind: "cut_after" }, "Indeterminate", 1250],
  [{ kind: "cut_after", blindSeconds: 30 }, "Indeterminate", 1250],
  [{ kind: "slow", seconds: tooSlow }, "Indeterminate", 1250],
  [{ kind: "slow", seconds: 0.1 }, "Captured", 1250],
  [{ kind: "late_answer", seconds: tooSlow }, "Indeterminate", 1250],
  [{ kind: "late_answer", seconds: 0.1 }, "Captured", 1250],
  [{ kind: "error_before", status: 503 }, "Indeterminate", 0],
  [{ kind: "error_after", status: 502 }, "Indeterminate", 1250],
  [{ kind: "error_saved" }, "Indeterminate", 0],
  [{ kind: "rate_limited" }, "Declined", 0],
  [{ kind: "late_money", seconds: 5, answer: "error" }, "Indeterminate", 1250],
  [{ kind: "late_money", seconds: 5, answer: "pending" }, "Indeterminate", 1250],
  [{ kind: "late_money", seconds: 5, answer: "cut" }, "Indeterminate", 1250],
  // Declined, and the money would move later: it does not, because the intent is canceled first.
  [{ kind: "late_money", seconds: 5, answer: "decline" }, "Declined", 0],
  [{ kind: "malformed" }, "Indeterminate", 1250],
  [{ kind: "truncated" }, "Indeterminate", 1250],
  [{ kind: "empty" }, "Indeterminate", 1250],
  [{ kind: "answer_twice" }, "Indeterminate", 1250],
  [{ kind: "contradictory", variant: 1 }, "Captured", 1250],
  [{ kind: "contradictory", variant: 2 }, "Captured", 1250],
  [{ kind: "contradictory", variant: 3 }, "Indeterminate", 1250],
  [{ kind: "duplicate_answer" }, "Indeterminate", 1250],
  [{ kind: "code", code: "do_not_honor" }, "Declined", 0],
  [{ kind: "blind", seconds: 30 }, "Captured", 1250]
]

const nameOf = ({ kind, ...more }: Fault): string => [kind, ...Object.values(more)].join(" ")

const against = (body: (sandbox: Sandbox, driver: PaymentProvider) => Effect.Effect<void, unknown>) =>
  Effect.scoped(
    Effect.flatMap(
      sandboxWithCards({}, ["tok_captured", "tok_generic_decline", "tok_authenticates"]),
      (sandbox) => body(sandbox, stripeAgainst(sandbox, { timings, proxyDeadline: Duration.millis(1500) }))
    )
  )

/** Until the far end has done what it is slow about. */
const until = (done: () => boolean) =>
  Effect.sleep("50 millis").pipe(Effect.repeat({ until: () => Effect.sync(done), times: 400 }))

/** An hour later everything has moved that ever will: the lookup says so, and so say the books. */
const assertTruthInTheEnd = Effect.fnUntraced(function* (
  sandbox: Sandbox,
  driver: PaymentProvider,
  permit: SendPermit,
  moves: number
) {
  if (moves > 0 && captures(sandbox, permit).length === 0) {
    // Late money goes by the sandbox's clock, a slow answer by the real one.
    sandbox.clock.advance(60_000)
    yield* until(() => captures(sandbox, permit).length > 0)
  }
  sandbox.clock.advance(3_600_000)
  expect(captures(sandbox, permit)).toEqual(moves > 0 ? [moves] : [])
  const found = yield* lookup(driver, permit)
  if (moves > 0) expect(found).toMatchObject({ _tag: "FoundCaptured", captured: { amount: moves } })
  else expect(["NotFound", "FoundDeclined"]).toContain(found._tag)
  expect(captures(sandbox, permit)).toEqual(moves > 0 ? [moves] : [])
})

describe.concurrent("a fault at the PaymentMethod", () => {
  const cases = [
    ...[...ofRequests, ...ofProxy].map((fault) => ["the proxy", "/proxy", fault] as const),
    ...ofRequests.map((fault) => ["Stripe behind the proxy", "/v1/payment_methods", fault] as const)
  ].map(([where, path, fault]) => ({ name: `${where}: ${nameOf(fault)}`, path, fault }))

  it.live.each(cases)("$name: no charge is sent, and another account may be asked", ({ path, fault }) =>
    against((sandbox, driver) =>
      Effect.gen(function* () {
        const gateway = path === "/proxy" ? sandbox.basisTheory : sandbox.stripe
        gateway.faults.add({ match: { path }, fault })
        const permit = newPermit()
        expect(yield* outcome(chargeWith(driver, permit, "tok_captured"))).toMatchObject({
          _tag: "Declined",
          kind: "soft",
          evidence: { code: "not_sent" }
        })
        expect(gateway.faults.list().map(({ struck }) => struck)).toEqual([1])
        yield* assertTruthInTheEnd(sandbox, driver, permit, 0)
      })
    )
  )
})

describe.concurrent("a fault at the charge", () => {
  const cases = ofCharges.map(([fault, told, moves]) => ({ name: nameOf(fault), fault, told, moves }))

  it.live.each(cases)("$name: $told", ({ fault, told, moves }) =>
    against((sandbox, driver) =>
      Effect.gen(function* () {
        const permit = newPermit()
        const fields = { "metadata[attempt_id]": permit.attempt.idempotencyKey }
        sandbox.stripe.faults.add({ match: { fields }, fault })
        expect(yield* tagOf(chargeWith(driver, permit, "tok_captured"))).toBe(told)
        expect(sandbox.stripe.faults.list().map(({ struck }) => struck)).toEqual([1])
        if (told === "Captured") expect(captures(sandbox, permit)).toEqual([1250])
        if (told === "Declined") expect(captures(sandbox, permit)).toEqual([])
        yield* assertTruthInTheEnd(sandbox, driver, permit, moves)
      })
    )
  )

  it("is tried with every fault that the emulator of Stripe has", () => {
    const notHere = ["partial", "webhook_", "proxy_"]
    const kinds = Object.keys(faultDoes).filter((kind) => !notHere.some((part) => kind.startsWith(part)))
    expect(new Set(ofCharges.map(([{ kind }]) => kind))).toEqual(new Set(kinds))
  })
})

describe.concurrent("a fault at the cancellation", () => {
  const cases = ofRequests.map((fault) => ({ name: nameOf(fault), fault }))
  const match: Match = { path: "/cancel" }

  it.live.each(cases)("after a decline, $name: no decline until it is confirmed", ({ fault }) =>
    against((sandbox, driver) =>
      Effect.gen(function* () {
        const permit = newPermit()
        sandbox.stripe.faults.add({ match, fault })
        expect(yield* tagOf(chargeWith(driver, permit, "tok_generic_decline"))).toBe("Indeterminate")
        expect(yield* lookup(driver, permit)).toMatchObject({
          _tag: "FoundDeclined",
          declined: { kind: "soft", evidence: { code: "generic_decline" } }
        })
        yield* assertTruthInTheEnd(sandbox, driver, permit, 0)
      })
    )
  )

  it.live.each(cases)("of an authentication, $name: it waits on until it is confirmed", ({ fault }) =>
    against((sandbox, driver) =>
      Effect.gen(function* () {
        const permit = newPermit()
        expect(yield* tagOf(chargeWith(driver, permit, "tok_authenticates"))).toBe("Indeterminate")
        sandbox.stripe.faults.add({ match, fault })
        expect((yield* Effect.exit(cancel(driver, permit)))._tag).toBe("Failure")
        expect((yield* cancel(driver, permit))._tag).toBe("FoundDeclined")
        yield* assertTruthInTheEnd(sandbox, driver, permit, 0)
      })
    )
  )
})

describe.concurrent("a fault at the lookup", () => {
  const cases = ofRequests.flatMap((fault) =>
    ["list", "id"].map((by) => ({ name: `by ${by}, ${nameOf(fault)}`, by, fault }))
  )

  it.live.each(cases)("$name: nothing is concluded, and the next one knows", ({ by, fault }) =>
    against((sandbox, driver) =>
      Effect.gen(function* () {
        const permit = newPermit()
        const { processorReference } = yield* chargeWith(driver, permit, "tok_captured")
        const { lookupCharge } = yield* capability(driver, "chargeLookup")
        const query = {
          ...permit.attempt,
          writtenAt: DateTime.makeUnsafe(Date.now()),
          ...(by === "id" ? { processorReference } : {})
        }
        sandbox.stripe.faults.add({ match: { method: "GET" }, fault })
        expect((yield* Effect.exit(lookupCharge(query)))._tag).toBe("Failure")
        expect((yield* lookupCharge(query))._tag).toBe("FoundCaptured")
        expect(captures(sandbox, permit)).toEqual([1250])
      })
    )
  )
})

/** A refund of 400 of a charge that is captured. */
const refundable = Effect.fnUntraced(function* (driver: PaymentProvider) {
  const permit = newPermit()
  const { processorReference } = yield* chargeWith(driver, permit, "tok_captured")
  const request: RefundRequest = {
    mid: permit.attempt.mid,
    idempotencyKey: `${permit.attempt.idempotencyKey}-r`,
    processorReference,
    money: new Money({ amount: 400, currency: "USD" })
  }
  return request
})

describe.concurrent("a fault at the refund", () => {
  const nothing = ["cut_before", "error_before", "rate_limited"]
  const cases = ofRequests.map((fault) => ({
    name: nameOf(fault),
    fault,
    moves: !nothing.includes(fault.kind)
  }))

  it.live.each(cases)("$name: nobody knows until it is looked up", ({ fault, moves }) =>
    against((sandbox, driver) =>
      Effect.gen(function* () {
        const request = yield* refundable(driver)
        const refunded = () => movedBy(sandbox, request.idempotencyKey).refunds
        sandbox.stripe.faults.add({ match: { method: "POST", path: "/v1/refunds" }, fault })
        expect(yield* Effect.flip(driver.refund(request))).toMatchObject({ _tag: "Indeterminate" })
        if (moves) yield* until(() => refunded().length > 0)
        const { lookupRefund } = yield* capability(driver, "refundLookup")
        const found = yield* lookupRefund({ ...request, writtenAt: DateTime.makeUnsafe(Date.now()) })
        expect(found._tag).toBe(moves ? "RefundDone" : "RefundNotFound")
        expect(refunded()).toEqual(moves ? [400] : [])
      })
    )
  )

  it.live.each(cases)("at the question before it, $name: nothing is sent", ({ fault }) =>
    against((sandbox, driver) =>
      Effect.gen(function* () {
        const request = yield* refundable(driver)
        sandbox.stripe.faults.add({ match: { method: "GET" }, fault })
        expect(yield* Effect.flip(driver.refund(request))).toMatchObject({ _tag: "Declined" })
        expect(movedBy(sandbox, request.idempotencyKey).refunds).toEqual([])
      })
    )
  )

  it.live.each(cases)("at its lookup, $name: nothing is concluded", ({ fault }) =>
    against((sandbox, driver) =>
      Effect.gen(function* () {
        const request = yield* refundable(driver)
        yield* driver.refund(request)
        const { lookupRefund } = yield* capability(driver, "refundLookup")
        const query = { ...request, writtenAt: DateTime.makeUnsafe(Date.now()) }
        sandbox.stripe.faults.add({ match: { method: "GET", path: "/v1/refunds" }, fault })
        expect(Exit.isFailure(yield* Effect.exit(lookupRefund(query)))).toBe(true)
        expect((yield* lookupRefund(query))._tag).toBe("RefundDone")
        expect(movedBy(sandbox, request.idempotencyKey).refunds).toEqual([400])
      })
    )
  )
})

it.live("every decline code of the emulator moves no money, and is as hard as the table says", () =>
  Effect.scoped(
    Effect.gen(function* () {
      const sandbox = yield* sandboxWithCards({}, [])
      const driver = stripeAgainst(sandbox)
      const { chargeToken } = yield* capability(driver, "tokenCharge")
      for (const [index, code] of emulated.entries()) {
        const ref = `tok_${code}`
        yield* keepCard(sandbox.basisTheory.origin, ref, codeCard("declines", index + 1))
        const permit = newPermit()
        const told = yield* outcome(chargeToken(permit, token(ref)))
        expect(told, code).toMatchObject({ _tag: "Declined", kind: declineCodes[code]?.kind })
        yield* assertTruthInTheEnd(sandbox, driver, permit, 0)
      }
      expect(sandbox.stripe.books().movements).toEqual([])
    })
  )
)
