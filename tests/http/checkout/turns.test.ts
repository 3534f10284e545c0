// What a customer is told between pressing the button and the first attempt, while the vault is read: never that
// nothing was charged before that is so for good.
import { assert, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Fiber, Schedule } from "effect"
import * as CheckoutTurnsPg from "../../../src/db/checkout/CheckoutTurnsPg.ts"
import { CheckoutTurns } from "../../../src/kernel/checkout/CheckoutTurns.ts"
import { Principal } from "../../../src/kernel/ids.ts"
import type { PaymentSession } from "../../../src/kernel/PaymentSession.ts"
import { PaymentSessions } from "../../../src/kernel/PaymentSessions.ts"
import { UnknownToken, VaultUnavailable } from "../../../src/kernel/TokenVault.ts"
import { VaultFault } from "../../graphql/support.ts"
import { attemptsOf, CheckoutDoor, checkoutHouse, codeOf, declare, pathOf, payWith } from "./support.ts"

const lookAt = (session: PaymentSession) =>
  Effect.flatMap(CheckoutDoor, ({ get }) => Effect.map(get(`${pathOf(session)}/state`), ({ json }) => json))

const withdraw = (session: PaymentSession, turn: number) =>
  Effect.flatMap(CheckoutDoor, ({ post }) => post(`${pathOf(session)}/withdrawals`, { turn }))

/** The vault is asked, and answers only when it is let go. */
const heldVault = Effect.gen(function* () {
  const fault = yield* VaultFault
  const [asked, letGo] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
  fault.before = Effect.andThen(Deferred.succeed(asked, undefined), Deferred.await(letGo))
  const answers = Effect.sync(() => {
    fault.before = Effect.void
  }).pipe(Effect.andThen(Deferred.succeed(letGo, undefined)))
  yield* Effect.addFinalizer(() => answers)
  return { asked: Deferred.await(asked), answers }
})

const turnOf = (session: PaymentSession, turn: number) => ({
  session: session.id,
  turn,
  key: `${session.id} turn ${turn}`
})

/** The note of a server that was killed before it could write the attempt. */
const leftBehind = (session: PaymentSession, tokenRef: string) =>
  Effect.flatMap(CheckoutTurns, (turns) =>
    turns.take({ ...turnOf(session, 0), vaultToken: { vaultId: "stub", tokenRef } })
  )

/** Time passes: nobody can be at the turn any more. */
const lapse = (session: PaymentSession) =>
  Effect.provide(
    Effect.flatMap(CheckoutTurns, (turns) => turns.of(session.id)),
    CheckoutTurnsPg.layer({ lapse: Duration.zero }),
    { local: true }
  )

it.layer(checkoutHouse, { excludeTestServices: true })("a turn of the checkout", (it) => {
  it.effect(
    "is processing from when it is asked for, and leads nowhere else, while the vault is still read",
    () =>
      Effect.gen(function* () {
        const { get } = yield* CheckoutDoor
        const redirects = {
          successUrl: "https://loopbio.example/y",
          cancelUrl: "https://loopbio.example/n"
        }
        const session = yield* declare({ redirects })
        assert.include((yield* get(pathOf(session))).text, "https://loopbio.example/n")
        const vault = yield* heldVault
        const paying = yield* Effect.forkChild(payWith(session, 0, "tok_captured"))
        yield* vault.asked
        assert.deepStrictEqual(yield* lookAt(session), { stage: "processing", turn: 0 })
        const page = yield* get(pathOf(session))
        assert.match(page.text, /data-stage="processing"/)
        // Another tab's card is not even looked at, and nobody is let go.
        assert.deepStrictEqual((yield* payWith(session, 0, "tok_hard_decline")).json, {
          stage: "processing",
          turn: 0
        })
        assert.deepStrictEqual((yield* withdraw(session, 0)).json, { stage: "processing", turn: 0 })
        assert.deepStrictEqual(yield* attemptsOf(session.id), [])
        yield* vault.answers
        assert.deepStrictEqual((yield* Fiber.join(paying)).json, { stage: "paid", turn: 1 })
        assert.deepStrictEqual(yield* attemptsOf(session.id), ["captured"])
      })
  )

  it.effect("charges once however often the same is asked for by who lost the answer", () =>
    Effect.gen(function* () {
      const session = yield* declare()
      const vault = yield* heldVault
      const paying = yield* Effect.forkChild(
        Effect.all(
          [0, 0, 0].map((turn) => payWith(session, turn, "tok_captured")),
          {
            concurrency: "unbounded"
          }
        )
      )
      yield* vault.asked
      yield* vault.answers
      for (const { status } of yield* Fiber.join(paying)) assert.strictEqual(status, 200)
      assert.deepStrictEqual((yield* payWith(session, 0, "tok_captured")).json, { stage: "paid", turn: 1 })
      assert.deepStrictEqual(yield* attemptsOf(session.id), ["captured"])
    })
  )

  it.effect("goes on when the customer hangs up while the vault is read", () =>
    Effect.gen(function* () {
      const { origin } = yield* CheckoutDoor
      const session = yield* declare()
      const vault = yield* heldVault
      const impatient = new AbortController()
      const paying = fetch(`${origin}${pathOf(session)}/payments`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ turn: 0, vaultId: "stub", tokenRef: "tok_captured" }),
        signal: impatient.signal
      }).catch(() => "hung up")
      yield* vault.asked
      impatient.abort()
      assert.strictEqual(yield* Effect.promise(() => paying), "hung up")
      assert.deepStrictEqual(yield* lookAt(session), { stage: "processing", turn: 0 })
      yield* vault.answers
      // Nobody asks for it again.
      const outcome = yield* lookAt(session).pipe(
        Effect.repeat({
          until: (told) => !JSON.stringify(told).includes("processing"),
          schedule: Schedule.spaced("20 millis"),
          times: 500
        })
      )
      assert.deepStrictEqual(outcome, { stage: "paid", turn: 1 })
      assert.deepStrictEqual(yield* attemptsOf(session.id), ["captured"])
    })
  )

  it.effect("is over for good when the vault knows no such card or does not answer", () =>
    Effect.gen(function* () {
      const fault = yield* VaultFault
      for (const [refusal, code] of [
        [new UnknownToken({ vaultId: "stub", tokenRef: "tok_captured" }), "card_not_accepted"],
        [new VaultUnavailable({ vaultId: "stub", problem: "a timeout" }), "vault_unavailable"]
      ] as const) {
        const session = yield* declare()
        fault.before =
          refusal._tag === "UnknownToken" ? Effect.void : Effect.andThen(Effect.void, Effect.fail(refusal))
        const told = yield* payWith(
          session,
          0,
          refusal._tag === "UnknownToken" ? "tok_of_nobody" : "tok_captured"
        )
        fault.before = Effect.void
        assert.strictEqual(codeOf(told), code)
        assert.deepStrictEqual(yield* lookAt(session), { stage: "pay", turn: 1 })
        // What of it arrives late charges nothing, and the next turn is another one.
        assert.deepStrictEqual((yield* payWith(session, 0, "tok_captured")).json, { stage: "pay", turn: 1 })
        assert.deepStrictEqual(yield* attemptsOf(session.id), [])
        assert.deepStrictEqual((yield* payWith(session, 1, "tok_captured")).json, { stage: "paid", turn: 2 })
      }
    })
  )

  it.effect("is finished by whoever asks again, when the server was killed in the middle of it", () =>
    Effect.gen(function* () {
      const session = yield* declare()
      assert.isTrue(yield* leftBehind(session, "tok_captured"))
      assert.deepStrictEqual(yield* lookAt(session), { stage: "processing", turn: 0 })
      assert.deepStrictEqual((yield* payWith(session, 0, "tok_captured_amex")).json, {
        stage: "processing",
        turn: 0
      })
      assert.deepStrictEqual((yield* payWith(session, 0, "tok_captured")).json, { stage: "paid", turn: 1 })
      assert.deepStrictEqual(yield* attemptsOf(session.id), ["captured"])
    })
  )

  it.effect("ends by itself when nobody asks again, and a server that wakes up late charges nothing", () =>
    Effect.gen(function* () {
      const session = yield* declare()
      const vault = yield* heldVault
      const asleep = yield* Effect.forkChild(payWith(session, 0, "tok_captured"))
      yield* vault.asked
      assert.deepStrictEqual(yield* lapse(session), { over: 1, open: false })
      assert.deepStrictEqual(yield* lookAt(session), { stage: "pay", turn: 1 })
      yield* vault.answers
      assert.deepStrictEqual((yield* Fiber.join(asleep)).json, { stage: "pay", turn: 1 })
      assert.deepStrictEqual(yield* attemptsOf(session.id), [])
      assert.deepStrictEqual((yield* payWith(session, 1, "tok_captured")).json, { stage: "paid", turn: 2 })
    })
  )

  it.effect("that an attempt was made in does not end by itself", () =>
    Effect.gen(function* () {
      const session = yield* declare()
      assert.deepStrictEqual((yield* payWith(session, 0, "tok_hard_decline")).json, {
        stage: "declined",
        turn: 1
      })
      assert.deepStrictEqual(yield* lapse(session), { over: 0, open: false })
      yield* (yield* CheckoutTurns).end(turnOf(session, 0))
      assert.deepStrictEqual(yield* lookAt(session), { stage: "declined", turn: 1 })
    })
  )

  it.effect("that is given back charges nothing when it arrives after all", () =>
    Effect.gen(function* () {
      const session = yield* declare()
      assert.deepStrictEqual((yield* withdraw(session, 0)).json, { stage: "pay", turn: 1 })
      assert.deepStrictEqual((yield* payWith(session, 0, "tok_captured")).json, { stage: "pay", turn: 1 })
      // Nor one that was never shown to anybody.
      assert.deepStrictEqual((yield* payWith(session, 7, "tok_captured")).json, { stage: "pay", turn: 1 })
      assert.deepStrictEqual((yield* withdraw(session, 7)).json, { stage: "pay", turn: 1 })
      assert.deepStrictEqual(yield* attemptsOf(session.id), [])
    })
  )

  it.effect("is given back by an old page too: what another window asks for since then charges nothing", () =>
    Effect.gen(function* () {
      const session = yield* declare()
      assert.deepStrictEqual((yield* withdraw(session, 0)).json, { stage: "pay", turn: 1 })
      // The other window's payment of turn 1 is still on its way when a page of turn 0 leads its customer to the shop.
      assert.deepStrictEqual((yield* withdraw(session, 0)).json, { stage: "pay", turn: 2 })
      assert.deepStrictEqual((yield* payWith(session, 1, "tok_captured")).json, { stage: "pay", turn: 2 })
      assert.deepStrictEqual(yield* attemptsOf(session.id), [])
      assert.deepStrictEqual((yield* payWith(session, 2, "tok_hard_decline")).json, {
        stage: "declined",
        turn: 3
      })
      assert.deepStrictEqual((yield* withdraw(session, 2)).json, { stage: "declined", turn: 4 })
      assert.deepStrictEqual((yield* payWith(session, 3, "tok_captured")).json, {
        stage: "declined",
        turn: 4
      })
      assert.deepStrictEqual((yield* payWith(session, 4, "tok_captured")).json, { stage: "paid", turn: 5 })
      assert.deepStrictEqual((yield* withdraw(session, 4)).json, { stage: "paid", turn: 5 })
    })
  )

  it.effect("is given back some times a minute, because each leaves a note for good", () =>
    Effect.gen(function* () {
      const session = yield* declare()
      const answers = yield* Effect.forEach(Array.from({ length: 13 }), (_, turn) => withdraw(session, turn))
      assert.deepStrictEqual(
        answers.map(({ status }) => status),
        [...Array.from({ length: 12 }, () => 200), 429]
      )
      // Where it stands may be looked at all the same, and the next turn is taken.
      assert.deepStrictEqual(yield* lookAt(session), { stage: "pay", turn: 12 })
      assert.deepStrictEqual((yield* payWith(session, 12, "tok_captured")).json, { stage: "paid", turn: 13 })
    })
  )

  it.effect("ends with a session that is cancelled meanwhile", () =>
    Effect.gen(function* () {
      const session = yield* declare()
      const vault = yield* heldVault
      const paying = yield* Effect.forkChild(payWith(session, 0, "tok_captured"))
      yield* vault.asked
      yield* (yield* PaymentSessions).cancel(session.id, Principal.make("a shop"))
      yield* vault.answers
      assert.deepStrictEqual((yield* Fiber.join(paying)).json, { stage: "cancelled", turn: 1 })
      assert.deepStrictEqual(yield* attemptsOf(session.id), [])
    })
  )
})
