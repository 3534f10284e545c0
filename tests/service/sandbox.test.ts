import { assert, it } from "@effect/vitest"
import { Effect, Predicate, Schedule, Schema } from "effect"
import { openFolder } from "../db/embedded/support.ts"
import { ask, readySession, startService, type Started, stateOf } from "./server.ts"

// The whole product on the drivers of real processors, as `npm start -- --sandbox` runs it.

const vaulted = (tokenRef: string) => ({ vaultToken: { vaultId: "basis_theory", tokenRef } })

/** What an emulator's own books say of a session: the kinds of its lines. */
const booksOf = (server: Started, gateway: "Stripe" | "NMI", session: string) =>
  Effect.promise(async () => {
    const origin = new RegExp(`${gateway} +(http:\\S+)`).exec(server.output())?.[1]
    const books: unknown = await (await fetch(`${origin}/_sandbox/books`)).json()
    const lines = Predicate.hasProperty(books, "movements") ? books.movements : []
    return (Array.isArray(lines) ? lines : [])
      .filter((line: unknown) => JSON.stringify(line).includes(session))
      .map((line: unknown) => (Predicate.hasProperty(line, "kind") ? line.kind : line))
  })

const declared = (server: Started) =>
  Effect.map(
    ask(server, "/v1/payment-sessions", {
      customer: "loop_user_1",
      brand: "loop-health",
      entity: "loop_bio_labs",
      intent: { type: "line_items", lineItems: [{ providerPriceRef: "price_tb500", quantity: 1 }] },
      mode: "hosted"
    }),
    ({ json }) => (Predicate.hasProperty(json, "id") ? String(json.id) : assert.fail(JSON.stringify(json)))
  )

const Confirmed = Schema.Struct({
  outcome: Schema.String,
  action: Schema.optionalKey(Schema.Struct({ url: Schema.String }))
})

const confirmed = (server: Started, session: string, tokenRef: string) =>
  ask(server, `/v1/payment-sessions/${session}/confirm`, vaulted(tokenRef)).pipe(
    Effect.flatMap(({ json }) => Schema.decodeUnknownEffect(Confirmed)(json))
  )

const confirm = (server: Started, session: string, tokenRef: string) =>
  Effect.map(confirmed(server, session, tokenRef), ({ outcome }) => outcome)

/** Waits until a session is what it should become. */
const becomes = (server: Started, session: string, wanted: string) =>
  stateOf(server, session).pipe(
    Effect.repeat({
      until: (state) => state === wanted,
      schedule: Schedule.spaced("100 millis"),
      times: 300
    }),
    Effect.map((state) => assert.strictEqual(state, wanted))
  )

it.live(
  "a server on emulated processors charges over Stripe and NMI, and forgets nothing when it is killed",
  () =>
    Effect.gen(function* () {
      const data = yield* openFolder
      const first = yield* startService({ SANDBOX: "true", DATA_DIRECTORY: data })
      const ready = yield* readySession(first)

      // Two accounts at Stripe decline, the one at NMI takes it.
      assert.strictEqual(yield* confirm(first, ready, "tok_0210"), "settled")
      assert.deepStrictEqual(yield* booksOf(first, "Stripe", ready), [])
      assert.deepStrictEqual(yield* booksOf(first, "NMI", ready), ["captured"])

      // The money moves and the answer is cut off: unknown, and nothing is sent elsewhere.
      const unknown = yield* declared(first)
      assert.strictEqual(yield* confirm(first, unknown, "tok_0236"), "in_review")
      assert.deepStrictEqual(yield* booksOf(first, "Stripe", unknown), ["captured"])

      const authenticated = yield* declared(first)
      const { outcome, action } = yield* confirmed(first, authenticated, "tok_3184")
      assert.strictEqual(outcome, "action_required")

      yield* first.signal("SIGKILL")
      yield* first.ended
      const second = yield* startService({
        SANDBOX: "true",
        DATA_DIRECTORY: data,
        PORT: String(first.port)
      })
      // The first thing to try can be tried again: another order for the same money with the same card.
      const again = yield* readySession(second)
      assert.notStrictEqual(again, ready)
      assert.strictEqual(yield* confirm(second, again, "tok_0210"), "settled")
      assert.deepStrictEqual(yield* booksOf(second, "NMI", again), ["captured"])
      assert.strictEqual(yield* stateOf(second, ready), "settled")
      yield* becomes(second, unknown, "settled")
      assert.deepStrictEqual(yield* booksOf(second, "Stripe", unknown), ["captured"])
      assert.deepStrictEqual(yield* booksOf(second, "NMI", unknown), [])

      // The customer comes back to it and confirms at the issuer's; a webhook tells, or a lookup finds it.
      assert.strictEqual(yield* stateOf(second, authenticated), "in_review")
      yield* Effect.promise(() =>
        fetch(action?.url ?? "", {
          method: "POST",
          body: new URLSearchParams({ result: "pass" }),
          redirect: "manual"
        })
      )
      yield* becomes(second, authenticated, "settled")
      assert.deepStrictEqual(yield* booksOf(second, "Stripe", authenticated), ["captured"])
    }).pipe(Effect.scoped),
  120_000
)

it.live.each([
  [
    "a database of somebody's own",
    { SANDBOX: "true", DATABASE_URL: "postgres://nobody@127.0.0.1:1/none" },
    "SANDBOX keeps a database of its own"
  ],
  ["being reached from elsewhere", { SANDBOX: "true", HOST: "0.0.0.0" }, "SANDBOX is for this machine only"]
] as const)("a server on emulated processors refuses %s", ([, environment, problem]) =>
  Effect.gen(function* () {
    const server = yield* startService(environment)
    assert.notStrictEqual(yield* server.ended, 0)
    assert.include(server.output(), problem)
  }).pipe(Effect.scoped)
)
