// docs/guides/events.md, held against what the service does: the payloads it lists, and the receiver that it shows.
import { assert, expect, it } from "@effect/vitest"
import { DateTime, Effect, Layer, Redacted } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { inWords } from "../../../src/http/durations.ts"
import { DisputeNews } from "../../../src/kernel/disputes/DisputeNews.ts"
import { EventSender } from "../../../src/kernel/events/EventSender.ts"
import { retryDelays } from "../../../src/kernel/events/retrySchedule.ts"
import { MidId } from "../../../src/kernel/ids.ts"
import { Money } from "../../../src/kernel/Money.ts"
import { EventType } from "../../../src/kernel/Outbox.ts"
import { PaymentLedger } from "../../../src/kernel/PaymentLedger.ts"
import { Resolver } from "../../../src/layers/webhooks/Resolver.ts"
import * as WebhookSender from "../../../src/layers/webhooks/WebhookSender.ts"
import { at } from "../../graphql/support.ts"
import { byHand, news, paidSession, refund, refundDoors, returnsTo } from "../../refunds/support.ts"
import * as w from "../../suites/world.ts"
import { Owner, pgStorage } from "../support/pgStorage.ts"

const guide = readFileSync(new URL("../../../docs/guides/events.md", import.meta.url), "utf8")

/** The fields that a line of the guide names; those that may be absent end in a question mark. */
const fieldsIn = (line: string): ReadonlyArray<string> =>
  [...line.matchAll(/`(\w+\??)`/g)].map(([, field = ""]) => field)

const ofEvery = fieldsIn(/^`data` of every event has (.*?):/m.exec(guide)?.[1] ?? "")
const listed = new Map(
  [...guide.matchAll(/^\| `([\w.]+\.v1)` +\|(.*)\|$/gm)].map(([, type = "", fields = ""]) => [
    type,
    [...ofEvery, ...fieldsIn(fields)]
  ])
)

/** Compares every event of a database with the guide, calls for a person too. Answers the types that were there. */
const asListed = Effect.gen(function* () {
  const owner = yield* Owner
  yield* owner`select raise_pages('{"limit": 10, "patienceMs": 0}')`
  const events = yield* owner<{ readonly type: string; readonly fields: ReadonlyArray<string> }>`
    select type, array(select jsonb_object_keys(payload)) as fields from outbox`
  for (const { type, fields } of events) {
    const known = listed.get(type) ?? []
    const required = known.filter((field) => !field.endsWith("?"))
    const unknown = fields.filter((field) => !known.includes(field) && !known.includes(`${field}?`))
    const missing = required.filter((field) => !fields.includes(field))
    assert.deepStrictEqual({ type, unknown, missing }, { type, unknown: [], missing: [] })
  }
  return new Set(events.map(({ type }) => type))
})

const seen = new Set<string>()
const see = Effect.map(asListed, (types) => {
  for (const type of types) seen.add(type)
})

it.layer(pgStorage, { excludeTestServices: true })("the guide to events", (it) => {
  it.effect("lists the fields of what is told of charges, and of what operators are told", () =>
    Effect.gen(function* () {
      const world = yield* w.newWorld
      for (const outcome of [w.captured(), w.declined(), w.timeout, w.absent]) {
        const { permit } = yield* w.charging(world)
        yield* w.record(permit, outcome)
      }
      const late = yield* w.charging(world)
      yield* w.record(late.permit, w.declined())
      yield* w.record(late.permit, w.captured())
      yield* w.declared(world, { lifetime: w.over })
      yield* (yield* PaymentLedger).expireDue(w.everything)
      yield* see
    })
  )
})

it.layer(refundDoors, { excludeTestServices: true })("the guide to events", (it) => {
  it.effect("lists the fields of what is told of refunds and disputes", () =>
    Effect.gen(function* () {
      const paid = yield* paidSession()
      // The last two digits say what becomes of a refund: given back, declined, or nobody knows.
      for (const amount of [1000, 193, 191]) yield* refund(paid.id, amount)
      // Given back here and by hand, and neither arrived.
      const returned = yield* paidSession()
      const reference = String(at(yield* refund(returned.id, 1000), "refund", "refundReference"))
      yield* byHand(returned.charge, "re_by_hand", 500)
      yield* news(returned.mid, "re_by_hand", returned.charge)
      for (const gone of [reference, "re_by_hand"]) {
        yield* returnsTo(gone)
        yield* news(returned.mid, gone, returned.charge)
      }
      const disputed = yield* paidSession()
      const { heard } = yield* DisputeNews
      for (const [minute, state] of (["open", "under_review", "won"] as const).entries()) {
        const money = new Money({ amount: 5000, currency: "USD" })
        const dispute = { disputeReference: "dp_1", processorReference: disputed.charge, state, money }
        const when = DateTime.makeUnsafe(Date.UTC(2026, 0, 21, 10, minute))
        yield* heard(MidId.make(disputed.mid), { ...dispute, reason: "fraudulent" }, when)
      }
      yield* see
    })
  )
})

it("the guide to events lists every type, and each was told by these tests", () => {
  expect([...listed.keys()].toSorted()).toEqual(EventType.literals.toSorted())
  expect([...seen].toSorted()).toEqual(EventType.literals.toSorted())
})

it("the guide to events says when a failure is tried again", () => {
  const [last, ...before] = retryDelays.map(inWords).toReversed()
  expect(/tried again after (.*?), each wait/.exec(guide)?.[1]).toBe(
    `${before.toReversed().join(", ")} and ${last}`
  )
})

const freePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address()
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0))
    })
  })

const secretOf = (letter: string) => `whsec_${Buffer.from(letter.repeat(32)).toString("base64")}`

/** The receiver of the guide, as a process of its own. */
const receiver = Effect.acquireRelease(
  Effect.promise(async () => {
    const [, sample = ""] = /```js\n([^]*?)```/.exec(guide) ?? []
    const folder = mkdtempSync(join(tmpdir(), "receiver-"))
    const file = join(folder, "receiver.mjs")
    writeFileSync(file, sample)
    const port = await freePort()
    const env = { PATH: process.env["PATH"], WEBHOOK_SECRET: secretOf("a"), PORT: String(port) }
    const child: ChildProcess = spawn(process.execPath, [file], {
      env,
      stdio: ["ignore", "pipe", "inherit"]
    })
    let said = ""
    child.stdout?.on("data", (text) => (said += String(text)))
    const url = `http://127.0.0.1:${port}/events`
    const up = async (): Promise<unknown> =>
      fetch(url).catch(() => new Promise((resolve) => setTimeout(resolve, 50)).then(up))
    await up()
    return { url, said: () => said, child, folder }
  }),
  ({ child, folder }) =>
    Effect.promise(async () => {
      child.kill()
      await new Promise((resolve) => child.once("exit", resolve))
      rmSync(folder, { recursive: true })
    })
)

const sender = WebhookSender.layer({ loopbackToo: true }).pipe(
  Layer.provide(Layer.succeed(Resolver, { resolve: () => Effect.succeed([]) }))
)

it.live("the receiver of the guide takes what we sign, once, and nothing else", () =>
  Effect.gen(function* () {
    const { url, said } = yield* receiver
    const { send } = yield* EventSender
    const event = (id: string) => ({
      url,
      id,
      body: JSON.stringify({ id, type: "payment.charged.v1", data: { session: `ps_${id}` } })
    })
    const [ours, another] = [Redacted.make(secretOf("a")), Redacted.make(secretOf("b"))]
    const status = (sent: { readonly _tag: string }) => ("status" in sent ? sent.status : sent._tag)
    assert.strictEqual(status(yield* send({ ...event("evt_1"), secrets: [ours] })), 204)
    assert.strictEqual(status(yield* send({ ...event("evt_1"), secrets: [ours] })), 204)
    // While a secret is exchanged.
    assert.strictEqual(status(yield* send({ ...event("evt_2"), secrets: [another, ours] })), 204)
    assert.strictEqual(status(yield* send({ ...event("evt_3"), secrets: [another] })), 401)
    const forged = yield* Effect.promise(() => fetch(url, { method: "POST", body: "{}" }))
    assert.strictEqual(forged.status, 401)
    assert.strictEqual(said(), "payment.charged.v1 ps_evt_1\npayment.charged.v1 ps_evt_2\n")
  }).pipe(Effect.scoped, Effect.provide(sender))
)
