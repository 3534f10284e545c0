import { assert, it } from "@effect/vitest"
import { Context, Duration, Effect, Exit, Layer, Schedule, Scope } from "effect"
import { SqlClient } from "effect/sql"
import * as Database from "../../src/db/Database.ts"
import { Owner } from "../db/support/pgStorage.ts"
import { giveKey } from "../support/apiKeys.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { type Events, listen, type Told } from "./sse.ts"
import { at, confirm, create, declared, Doors, house, newSession, openDoors } from "./support.ts"

const sessionChanged = `subscription ($id: ID!) {
  sessionChanged(session: $id) { sessionId state attempts { nodes { state } } }
}`
const attemptRecorded = `subscription ($filter: AttemptRecordedFilter) {
  attemptRecorded(filter: $filter) { attemptId state merchantAccount { midId } session { sessionId } }
}`

const eventually = <E, R>(what: string, holds: Effect.Effect<boolean, E, R>) =>
  holds.pipe(
    Effect.repeat({ until: (now) => now, schedule: Schedule.spaced("10 millis"), times: 3000 }),
    Effect.map((now) => assert.isTrue(now, what))
  )

const subscribe = Effect.fnUntraced(function* (query: string, variables: object = {}) {
  return yield* listen((yield* Doors).origin, query, { variables })
})

const stateIn = ({ json }: Told) => at(json, "data", "sessionChanged", "state")

/** Reads on until an event is as it should be; how many come before it is nobody's promise. */
const until = Effect.fnUntraced(function* (events: Events, holds: (told: Told) => boolean) {
  for (;;) {
    const told = yield* events.next
    if (told === undefined) return assert.fail("the stream ended before that")
    if (holds(told)) return told
  }
})

const lastOf = (all: ReadonlyArray<Told>, code: string) => {
  const [error, complete] = all.slice(-2)
  assert.strictEqual(at(error?.json, "errors", 0, "extensions", "code"), code, JSON.stringify(error))
  assert.isString(at(error?.json, "errors", 0, "extensions", "requestId"))
  assert.strictEqual(complete?.event, "complete")
}

const doors = openDoors({ live: { perKey: 4, waiting: 8, patience: Duration.minutes(5) } }).pipe(
  Layer.provideMerge(house),
  Layer.provideMerge(Owner.layer.pipe(Layer.provideMerge(TestDatabase.layer)))
)

it.layer(doors, { excludeTestServices: true })("whoever subscribes", (it) => {
  it.effect("to a session is told how it stands, and again what became of it, whoever charged it", () =>
    Effect.gen(function* () {
      const id = yield* newSession()
      const events = yield* subscribe(sessionChanged, { id })
      assert.deepStrictEqual([events.status, events.contentType], [200, "text/event-stream"])
      const first = yield* events.next
      assert.deepStrictEqual(first, {
        event: "next",
        json: { data: { sessionChanged: { sessionId: id, state: "pending", attempts: { nodes: [] } } } }
      })
      yield* confirm(id, "tok_captured")
      const settled = yield* until(events, (told) => stateIn(told) === "settled")
      assert.deepStrictEqual(at(settled.json, "data", "sessionChanged", "attempts"), {
        nodes: [{ state: "captured" }]
      })
      assert.isAtLeast(events.comments(), 1)
    })
  )

  it.effect("to a session hears of a change that it was not awake for, and never of another session", () =>
    Effect.gen(function* () {
      const [id, other] = [yield* newSession(), yield* newSession()]
      const events = yield* subscribe(sessionChanged, { id })
      yield* confirm(other, "tok_captured")
      yield* (yield* Doors).ask(`mutation { cancelPaymentSession(session: "${id}") { __typename } }`)
      // Nothing was read until now.
      const told = yield* until(events, (one) => stateIn(one) === "cancelled")
      assert.strictEqual(at(told.json, "data", "sessionChanged", "sessionId"), id)
    })
  )

  it.effect("to attempts is told of those that its filter names, as they are written and as they end", () =>
    Effect.gen(function* () {
      const id = yield* newSession()
      const all = yield* subscribe(attemptRecorded, { filter: { session: id } })
      const others = yield* subscribe(attemptRecorded, { filter: { entity: "loop_goods" } })
      yield* confirm(id, "tok_captured")
      const captured = yield* until(
        all,
        ({ json }) => at(json, "data", "attemptRecorded", "state") === "captured"
      )
      assert.strictEqual(at(captured.json, "data", "attemptRecorded", "session", "sessionId"), id)
      const goods = at(
        yield* create({
          ...declared,
          brand: "loop-store",
          entity: "loop_goods",
          intent: { type: "line_items", lineItems: [{ providerPriceRef: "price_tshirt", quantity: 1 }] }
        }),
        "session",
        "sessionId"
      )
      yield* confirm(String(goods), "tok_captured")
      const first = yield* others.next
      assert.strictEqual(at(first?.json, "data", "attemptRecorded", "session", "sessionId"), goods)
    })
  )

  it.effect("to what is not there is told so in the words of a query, and nothing is kept for it", () =>
    Effect.gen(function* () {
      const unknown = yield* subscribe(sessionChanged, { id: `ps_${"0".repeat(26)}` })
      lastOf(yield* unknown.rest, "unknown_session")
      const [refused] = yield* (yield* subscribe(attemptRecorded, { filter: { mid: "mid_nobody" } })).rest
      assert.strictEqual(at(refused?.json, "errors", 0, "extensions", "code"), "unknown_mid")
      const deep = yield* subscribe(`subscription { attemptRecorded { session { attempts(first: 100) { nodes {
        session { attempts(first: 100) { nodes { session { attempts(first: 100) { nodes { state } } } } } } } } } } }`)
      const [tooDeep] = yield* deep.rest
      assert.strictEqual(at(tooDeep?.json, "errors", 0, "extensions", "code"), "QUERY_TOO_COSTLY")
    })
  )

  it.effect("accepts events, or is answered that it has to", () =>
    Effect.gen(function* () {
      const { ask } = yield* Doors
      const id = yield* newSession()
      const answer = yield* ask(sessionChanged, {
        variables: { id },
        headers: { accept: "application/json" }
      })
      assert.strictEqual(answer.status, 406)
      assert.include(answer.text, "text/event-stream")
    })
  )

  it.effect("has so many subscriptions and not one more, and may have another one when one has ended", () =>
    Effect.gen(function* () {
      const id = yield* newSession()
      yield* Effect.gen(function* () {
        for (let nr = 0; nr < 4; nr++) yield* (yield* subscribe(sessionChanged, { id })).next
        const fifth = yield* subscribe(sessionChanged, { id })
        const [refused] = yield* fifth.rest
        assert.strictEqual(at(refused?.json, "errors", 0, "extensions", "code"), "TOO_MANY_SUBSCRIPTIONS")
      }).pipe(Effect.scoped)
      yield* eventually(
        "those that hung up make room",
        subscribe(sessionChanged, { id }).pipe(
          Effect.flatMap(({ next }) => next),
          Effect.map((told) => told !== undefined && stateIn(told) === "pending"),
          Effect.scoped
        )
      )
    })
  )

  it.effect("and reads too slowly is cut with the reason as its last event, and little was kept for it", () =>
    Effect.gen(function* () {
      const owner = yield* Owner
      const metadata = Object.fromEntries(
        Array.from({ length: 20 }, (_, nr) => [`key_${nr}`, "x".repeat(480)])
      )
      const id = yield* newSession({ ...declared, metadata })
      const large = Array.from({ length: 29 }, (_, nr) => `m${nr}: metadata`).join(" ")
      const events = yield* subscribe(
        `subscription ($id: ID!) { sessionChanged(session: $id) { state ${large} } }`,
        {
          id
        }
      )
      const change = JSON.stringify({ session: id, entity: "loop_bio_labs", brand: "loop-bio", attempts: [] })
      // Nothing is read: what the line holds fills up, then one event waits, then the changes behind it.
      const told = 400
      for (let nr = 0; nr < told; nr++) {
        yield* owner`select pg_notify('payments_changes', ${change})`
      }
      const all = yield* events.rest
      lastOf(all, "SUBSCRIBER_TOO_SLOW")
      assert.isBelow(all.length, told / 2, "most of what it did not read was never made")
    })
  )

  it.effect("is told how a session stands when the database had been out of hearing; a list ends", () =>
    Effect.gen(function* () {
      const { url } = yield* TestDatabase
      const administrator = yield* Layer.build(Database.administrator(url)).pipe(
        Effect.map(Context.get(SqlClient.SqlClient))
      )
      const id = yield* newSession()
      const session = yield* subscribe(sessionChanged, { id })
      yield* session.next
      const list = yield* subscribe(attemptRecorded, {})
      yield* administrator`select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and query ilike 'listen%payments_changes%'`
      lastOf(yield* list.rest, "CHANGES_MISSED")
      assert.strictEqual(stateIn(yield* until(session, () => true)), "pending")
      yield* confirm(id, "tok_captured")
      yield* until(session, (told) => stateIn(told) === "settled")
    })
  )

  it.effect("is cut off as soon as its key is revoked", () =>
    Effect.gen(function* () {
      const owner = yield* Owner
      const id = yield* newSession()
      const events = yield* subscribe(sessionChanged, { id })
      yield* events.next
      yield* owner`update api_keys set revoked_at = now() where principal = 'development'`
      lastOf(yield* events.rest, "unauthorized")
    })
  )

  it.effect("ends with its key, also when that ends by itself", () =>
    Effect.gen(function* () {
      const owner = yield* Owner
      yield* owner.unsafe(giveKey("sk_for_a_while", "for_a_while"))
      yield* owner`update api_keys set ends_at = now() + interval '2 seconds' where principal = 'for_a_while'`
      const { origin } = yield* Doors
      const events = yield* listen(origin, "subscription { attemptRecorded { state } }", {
        headers: { authorization: "Bearer sk_for_a_while" }
      })
      // Keys are looked up again each minute in any case.
      lastOf(yield* Effect.timeout(events.rest, "30 seconds"), "unauthorized")
    })
  )
})

it.layer(house, { excludeTestServices: true })("a subscription", (it) => {
  /** Doors of their own, and what closes them. */
  const opened = Effect.fnUntraced(function* (live: { readonly lifetime?: Duration.Duration }) {
    const scope = yield* Scope.make()
    const context = yield* Layer.build(openDoors({ live })).pipe(Scope.provide(scope))
    return { doors: Context.get(context, Doors), close: Scope.close(scope, Exit.void) }
  })

  it.effect("ends with the server, which says so and does not wait for it", () =>
    Effect.gen(function* () {
      const { doors: one, close } = yield* opened({})
      const id = yield* Effect.provideService(newSession(), Doors, one)
      const events = yield* listen(one.origin, sessionChanged, { variables: { id } })
      yield* events.next
      const [all] = yield* Effect.all([events.rest, close], { concurrency: 2 })
      lastOf(all, "SERVER_STOPPING")
    })
  )

  it.effect("lives so long and not longer", () =>
    Effect.gen(function* () {
      const { doors: one } = yield* opened({ lifetime: Duration.zero })
      const id = yield* Effect.provideService(newSession(), Doors, one)
      const events = yield* listen(one.origin, sessionChanged, { variables: { id } })
      lastOf(yield* events.rest, "SUBSCRIPTION_TOO_OLD")
    })
  )
})
