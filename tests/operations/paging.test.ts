// Who is called when nothing else helps, how often, and who is told.
import { assert, it } from "@effect/vitest"
import { Duration, Effect, Layer, Logger, References } from "effect"
import { developmentKey, secondDevelopmentKey } from "../../src/db/seedData.ts"
import { Paging } from "../../src/kernel/operations/Paging.ts"
import * as e from "../db/support/eventScene.ts"
import { due, unheardCapture } from "../db/support/pageScene.ts"
import { Owner } from "../db/support/pgStorage.ts"
import * as s from "../db/support/scene.ts"
import { at, Doors, doors, field } from "../graphql/support.ts"

const house = Owner.layer.pipe(Layer.provideMerge(doors))

const set = Effect.fnUntraced(function* (statements: ReadonlyArray<string>) {
  const owner = yield* Owner
  for (const statement of statements) yield* owner.unsafe(statement)
})

/** One pass of a server with so much patience; how many it called, and the lines that it logged at error level. */
const pass = Effect.fnUntraced(function* (patience: Duration.Duration) {
  const lines: Array<string> = []
  const capture = Logger.make(({ message, logLevel, fiber }) => {
    if (logLevel !== "Error") return
    const { kind, session } = fiber.getRef(References.CurrentLogAnnotations)
    lines.push(`${String(message)}: ${String(kind)} ${String(session)}`)
  })
  const raised = yield* Effect.flatMap(Paging, ({ pass: one }) => one).pipe(
    Effect.provide([Paging.layer({ patience }), Logger.layer([capture])])
  )
  return { raised, lines }
})

const longAgo = (nr: number): ReadonlyArray<string> => [
  s.withoutTriggers("attempts"),
  `update attempts set written_at = now() - interval '1 hour' where attempt_id = '${s.attempt(nr)}'`,
  s.withTriggers("attempts")
]

it.layer(house, { excludeTestServices: true })("a person is called", (it) => {
  it.effect("once for what is in review too long, and once for an incident, whoever looks how often", () =>
    Effect.gen(function* () {
      yield* set([...due(1), ...due(3), ...longAgo(3)])
      const patience = Duration.minutes(15)
      const first = yield* pass(patience)
      assert.strictEqual(first.raised, 3)
      assert.deepStrictEqual(first.lines.toSorted(), [
        `a person is needed: in_review ${s.session(3)}`,
        `a person is needed: late_capture ${s.session(2)}`,
        `a person is needed: late_capture ${s.session(4)}`
      ])
      const others = yield* Effect.all([pass(patience), pass(patience), pass(patience)], { concurrency: 3 })
      assert.deepStrictEqual(
        others.map(({ raised }) => raised),
        [0, 0, 0]
      )
      yield* set(longAgo(1))
      assert.strictEqual((yield* pass(patience)).raised, 1)

      const pages = yield* field(
        "{ operationsPages(first: 1) { nodes { kind sessionId attemptId midId incident open } } }",
        "operationsPages"
      )
      assert.deepStrictEqual(at(pages, "nodes", 0), {
        kind: "in_review",
        sessionId: s.session(1),
        attemptId: s.attempt(1),
        midId: "mid_goods_1",
        incident: null,
        open: true
      })
      yield* set([s.record(1, 1, s.captured("found"))])
      const later = yield* field("{ operationsPages(first: 1) { nodes { open } } }", "operationsPages")
      assert.deepStrictEqual(at(later, "nodes", 0), { open: false })
    })
  )

  it.effect(
    "once for a capture of a declined charge that nobody heard in time, and for its dead letter",
    () =>
      Effect.gen(function* () {
        const patience = Duration.minutes(15)
        const insteadOf = (name: string) => `[{"_tag": "Charge", "said": "captured", ${name}}]`
        const older = (nr: number) => `alter table webhook_inbox disable trigger guard_webhook;
        update webhook_inbox set received_at = now() - interval '1 hour' where event_id = 'msg_of_${s.attempt(nr, 1)}';
        alter table webhook_inbox enable trigger guard_webhook`
        yield* set([...unheardCapture(31), ...unheardCapture(32)])
        assert.strictEqual((yield* pass(patience)).raised, 0)
        // One is named by its key and still tried, the other by the processor's name of it and given up.
        yield* set([
          `update webhook_inbox set state = 'dead_letter', next_try_at = null,
          subjects = '${insteadOf('"processorReference": "pi_32"')}' where event_id = 'msg_of_${s.attempt(32, 1)}'`,
          ...[31, 32].flatMap((nr) => older(nr).split(";"))
        ])
        assert.deepStrictEqual((yield* pass(patience)).lines.toSorted(), [
          `a person is needed: capture_unheard ${s.session(31)}`,
          `a person is needed: capture_unheard ${s.session(32)}`
        ])
        assert.strictEqual((yield* pass(patience)).raised, 0)
        const open = field("{ operationsPages(first: 2) { nodes { open } } }", "operationsPages")
        assert.deepStrictEqual(at(yield* open, "nodes"), [{ open: true }, { open: true }])
        yield* set(["update webhook_inbox set state = 'processed', next_try_at = null"])
        assert.deepStrictEqual(at(yield* open, "nodes"), [{ open: false }, { open: false }])
      })
  )

  it.effect("by an event that goes to operators who asked for it, and to no app", () =>
    Effect.gen(function* () {
      const owner = yield* Owner
      const types = ["operations.page.v1"]
      yield* set([
        e.subscribe(1, { by: developmentKey.principal, eventTypes: types }),
        // Operators' and apps' subscriptions to everything, and an app's that names the type.
        e.subscribe(2, { by: secondDevelopmentKey.principal }),
        e.subscribe(3, { by: "an app" }),
        e.subscribe(4, { by: "an app", url: "https://shop.example/other", eventTypes: types }),
        ...due(11)
      ])
      assert.strictEqual((yield* pass(Duration.hours(1))).raised, 1)
      yield* set([e.fanOut()])
      const told = yield* owner`select d.subscription_id as to, e.payload ->> 'incidentKind' as about,
          e.payload ->> 'kind' as kind
        from event_deliveries d join outbox e using (event_nr) where e.type = 'operations.page.v1'`
      assert.deepStrictEqual(told, [{ to: e.subscription(1), about: "late_capture", kind: "incident" }])
      const apps = yield* owner`select distinct d.subscription_id as to from event_deliveries d
        join outbox e using (event_nr) where e.type <> 'operations.page.v1' order by 1`
      assert.deepStrictEqual(apps, [{ to: e.subscription(2) }, { to: e.subscription(3) }])
    })
  )

  it.effect("and no app sees it", () =>
    Effect.gen(function* () {
      const { ask } = yield* Doors
      yield* set([`update principals set operator = false where principal = '${developmentKey.principal}'`])
      const refused = yield* ask("{ operationsPages { nodes { pageId } } }")
      assert.strictEqual(at(refused.json, "errors", 0, "extensions", "code"), "operators_only")
      // Whoever asks for it beside other things still gets those.
      const lists = ["operationsPages", "reviews", "webhookDeadLetters", "apiKeys", "changeRequests"]
      const { json } = yield* ask(
        `{ ${lists.map((name) => `${name} { pageInfo { hasNextPage } }`).join(" ")} __typename }`
      )
      assert.deepStrictEqual(at(json, "data"), {
        ...Object.fromEntries(lists.map((name) => [name, null])),
        __typename: "Query"
      })
      const errors = at(json, "errors")
      assert.deepStrictEqual(
        (Array.isArray(errors) ? errors : [])
          .map((one: unknown) => `${String(at(one, "path", 0))} ${String(at(one, "extensions", "code"))}`)
          .toSorted(),
        lists.map((name) => `${name} operators_only`).toSorted()
      )
    })
  )
})
