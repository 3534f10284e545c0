// The traps that have a state at the far end: tried against the emulator, held against its books.
import { it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { describe, expect } from "vitest"
import type { Sandbox } from "../../../../sandbox/startSandbox.ts"
import type { PaymentProvider } from "../../../../src/kernel/PaymentProvider.ts"
import { stripeClient } from "../../../sandbox/support.ts"
import { cancel, captures, lookup, outcome, tagOf } from "./asking.ts"
import {
  accountOf,
  chargeWith,
  keepCard,
  newPermit,
  sandboxWithCards,
  stripeAgainst
} from "./stripeUnderTest.ts"

const hours = (count: number) => count * 3_600_000

/** What the customer does at the issuer's page. */
const authenticate = (sandbox: Sandbox, id: string, result: "pass" | "fail") =>
  Effect.promise(() =>
    fetch(`${sandbox.stripe.origin}/_sandbox/authenticate/${id}`, {
      method: "POST",
      body: new URLSearchParams({ result }),
      redirect: "manual"
    })
  )

/** A test against emulators of its own that hold the cards. */
const against = (body: (sandbox: Sandbox, driver: PaymentProvider) => Effect.Effect<void, unknown>) =>
  Effect.scoped(Effect.flatMap(sandboxWithCards(), (sandbox) => body(sandbox, stripeAgainst(sandbox))))

describe.concurrent("against the emulator", () => {
  it.live("a proxy that says 408 has charged nobody: the charge was never sent", () =>
    against((sandbox, driver) =>
      Effect.gen(function* () {
        for (const card of ["tok_fault_31", "tok_fault_32", "tok_fault_33"]) {
          const permit = newPermit()
          expect(yield* outcome(chargeWith(driver, permit, card))).toMatchObject({
            _tag: "Declined",
            kind: "soft",
            evidence: { code: "not_sent" }
          })
          sandbox.clock.advance(hours(1))
          expect(captures(sandbox, permit)).toEqual([])
          expect((yield* lookup(driver, permit))._tag).toBe("NotFound")
        }
      })
    )
  )

  it.live("a card whose security code has lapsed is charged without it", () =>
    against((sandbox, driver) =>
      Effect.gen(function* () {
        sandbox.clock.advance(hours(2))
        const permit = newPermit()
        expect(yield* tagOf(chargeWith(driver, permit, "tok_captured"))).toBe("Captured")
        expect(captures(sandbox, permit)).toEqual([1250])
      })
    )
  )

  it.live("a security code that lapses between two sends makes no decline of the money that moved", () =>
    against((sandbox, driver) =>
      Effect.gen(function* () {
        const permit = newPermit()
        expect(yield* tagOf(chargeWith(driver, permit, "tok_fault_2"))).toBe("Indeterminate")
        sandbox.clock.advance(hours(2))
        expect(yield* tagOf(chargeWith(driver, permit, "tok_fault_2"))).toBe("Indeterminate")
        expect((yield* lookup(driver, permit))._tag).toBe("FoundCaptured")
        expect(captures(sandbox, permit)).toEqual([1250])
      })
    )
  )

  it.live("a key that Stripe has forgotten is not used again: a lookup after a day charges nobody", () =>
    against((sandbox, driver) =>
      Effect.gen(function* () {
        const permit = newPermit()
        expect(yield* tagOf(chargeWith(driver, permit, "tok_fault_2"))).toBe("Indeterminate")
        sandbox.clock.advance(hours(48))
        for (let times = 0; times < 3; times++) {
          expect((yield* lookup(driver, permit))._tag).toBe("FoundCaptured")
        }
        expect(captures(sandbox, permit)).toEqual([1250])
      })
    )
  )

  it.live("a 500 that Stripe saved proves nothing, however often it is replayed", () =>
    against((sandbox, driver) =>
      Effect.gen(function* () {
        const permit = newPermit()
        const field = { "metadata[attempt_id]": permit.attempt.idempotencyKey }
        sandbox.stripe.faults.add({ match: { fields: field }, fault: { kind: "error_after", status: 500 } })
        for (let times = 0; times < 3; times++) {
          expect(yield* tagOf(chargeWith(driver, permit, "tok_captured"))).toBe("Indeterminate")
        }
        expect((yield* lookup(driver, permit))._tag).toBe("FoundCaptured")
        expect(captures(sandbox, permit)).toEqual([1250])
      })
    )
  )

  it.live("a declined intent is canceled, so that nobody confirms it again", () =>
    against((sandbox, driver) =>
      Effect.gen(function* () {
        const permit = newPermit()
        expect(yield* tagOf(chargeWith(driver, permit, "tok_generic_decline"))).toBe("Declined")
        const { data } = yield* Effect.promise(() =>
          stripeClient(sandbox, permit.attempt.mid).paymentIntents.list()
        )
        expect(data.map(({ status, metadata }) => [status, metadata["attempt_id"]])).toEqual([
          ["canceled", permit.attempt.idempotencyKey]
        ])
        expect((yield* lookup(driver, permit))._tag).toBe("FoundDeclined")
      })
    )
  )

  it.live("a decline whose cancellation nobody confirms is none", () =>
    against((sandbox, driver) =>
      Effect.gen(function* () {
        const permit = newPermit()
        sandbox.stripe.faults.add({ match: { path: "/cancel" }, fault: { kind: "cut_before" } })
        expect(yield* outcome(chargeWith(driver, permit, "tok_fault_8"))).toMatchObject({
          _tag: "Indeterminate",
          evidence: { code: "cancel_unconfirmed" }
        })
        // The money of this card moves after its decline.
        sandbox.clock.advance(hours(1))
        expect(captures(sandbox, permit)).toEqual([1250])
        expect((yield* lookup(driver, permit))._tag).toBe("FoundCaptured")
      })
    )
  )

  it.live("an authentication that is given up is canceled before anybody else is asked", () =>
    against((sandbox, driver) =>
      Effect.gen(function* () {
        const permit = newPermit()
        const waiting = yield* outcome(chargeWith(driver, permit, "tok_authenticates"))
        expect(waiting).toMatchObject({ _tag: "Indeterminate", action: { type: "redirect" } })
        expect((yield* lookup(driver, permit))._tag).toBe("StillPending")
        const canceled = yield* cancel(driver, permit)
        expect(canceled).toMatchObject({ _tag: "FoundDeclined", declined: { kind: "soft" } })
        yield* authenticate(sandbox, waiting.processorReference ?? "", "pass")
        expect(captures(sandbox, permit)).toEqual([])
      })
    )
  )

  it.live("a customer who authenticates before the cancellation has paid, and is told so", () =>
    against((sandbox, driver) =>
      Effect.gen(function* () {
        const permit = newPermit()
        const waiting = yield* outcome(chargeWith(driver, permit, "tok_authenticates"))
        yield* authenticate(sandbox, waiting.processorReference ?? "", "pass")
        expect((yield* cancel(driver, permit))._tag).toBe("FoundCaptured")
        expect(captures(sandbox, permit)).toEqual([1250])
      })
    )
  )

  it.live("a failed authentication is a hard decline, for good", () =>
    against((sandbox, driver) =>
      Effect.gen(function* () {
        const permit = newPermit()
        const waiting = yield* outcome(chargeWith(driver, permit, "tok_authenticates"))
        yield* authenticate(sandbox, waiting.processorReference ?? "", "fail")
        expect(yield* lookup(driver, permit)).toMatchObject({
          _tag: "FoundDeclined",
          declined: { kind: "hard", evidence: { code: "payment_intent_authentication_failure" } }
        })
        expect(captures(sandbox, permit)).toEqual([])
      })
    )
  )

  it.live("an error that carries an intent that succeeded is a capture", () =>
    against((sandbox, driver) =>
      Effect.gen(function* () {
        for (const card of ["tok_fault_16", "tok_fault_17"]) {
          const permit = newPermit()
          expect(yield* tagOf(chargeWith(driver, permit, card))).toBe("Captured")
          expect(captures(sandbox, permit)).toEqual([1250])
        }
      })
    )
  )

  it.live("a list that does not show the charge yet says not found, and never declined", () =>
    against((sandbox, driver) =>
      Effect.gen(function* () {
        const permit = newPermit()
        expect(yield* tagOf(chargeWith(driver, permit, "tok_fault_19"))).toBe("Indeterminate")
        expect((yield* lookup(driver, permit))._tag).toBe("NotFound")
        sandbox.clock.advance(hours(1))
        expect((yield* lookup(driver, permit))._tag).toBe("FoundCaptured")
        expect(captures(sandbox, permit)).toEqual([1250])
      })
    )
  )

  it.live("a charge among hundreds of others is found", () =>
    against((sandbox, driver) =>
      Effect.gen(function* () {
        const permit = newPermit()
        expect(yield* tagOf(chargeWith(driver, permit, "tok_fault_2"))).toBe("Indeterminate")
        const client = stripeClient(sandbox, permit.attempt.mid)
        yield* Effect.forEach(
          Array.from({ length: 230 }, (_, nth) => nth),
          () => Effect.promise(() => client.paymentIntents.create({ amount: 500, currency: "usd" })),
          { concurrency: 8, discard: true }
        )
        expect((yield* lookup(driver, permit))._tag).toBe("FoundCaptured")
      })
    )
  )

  it.live("two accounts of Stripe's never see each other's charges", () =>
    against((sandbox, driver) =>
      Effect.gen(function* () {
        yield* keepCard(sandbox.basisTheory.origin, "tok_new", "4242424242424242")
        const permit = newPermit()
        expect(yield* tagOf(chargeWith(driver, permit, "tok_new"))).toBe("Captured")
        const other = stripeAgainst(sandbox, {
          account: (of) => accountOf(of, { secret: Redacted.make("sk_test_sandbox_x") })
        })
        expect((yield* lookup(other, permit))._tag).toBe("NotFound")
      })
    )
  )
})
