// Who is let in, what is written down, and what is not.
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { Owner } from "../db/support/pgStorage.ts"
import { fixtureProviders } from "../suites/StorageFixture.ts"
import * as w from "../suites/world.ts"
import {
  aboutCharge,
  addressOf,
  bodyOf,
  Door,
  due,
  inboxOf,
  newer,
  nowInSeconds,
  older,
  send,
  signed,
  stranger,
  workOff
} from "./support.ts"

const canary = "4242 4242 4242 4242"

/** How often somebody who heard one sends it again beyond the door: by the statement that the door takes it with. */
const replays = 9_700

const account = Effect.map(w.newWorld, ({ accounts: [{ id }] }) => id)

it.layer(Door.layer, { excludeTestServices: true })("the door for webhooks", (it) => {
  it.effect("takes one that is signed, and the same event once, though it comes 10,000 times", () =>
    Effect.gen(function* () {
      const mid = yield* account
      const body = aboutCharge(mid, "a key")
      const first = yield* send(mid, body, { id: "msg_1" })
      assert.deepStrictEqual(first, { status: 200, text: `{"received":true}` })
      const again = yield* Effect.forEach(
        Array.from({ length: 300 }),
        () => send(mid, body, { id: "msg_1", at: nowInSeconds() - 100 }),
        { concurrency: 16 }
      )
      assert.deepStrictEqual(
        [...new Set(again.map(({ status, text }) => `${status} ${text}`))],
        [`200 {"received":true}`]
      )
      const [beyond] = yield* (yield* Owner)<{ readonly taken: number }>`
        select count(*) filter (where take_webhook(jsonb_build_object('provider', provider, 'mid', mid_id,
          'entity', entity_id, 'eventId', event_id, 'type', type, 'subjects', subjects)) = 'true')::int as taken
        from webhook_inbox, generate_series(1, ${replays}::int) where mid_id = ${mid}`
      assert.deepStrictEqual(beyond, { taken: 0 })
      const rows = yield* inboxOf(mid)
      assert.deepStrictEqual(
        rows.map(({ eventId, type, state }) => ({ eventId, type, state })),
        [{ eventId: "msg_1", type: "charge.updated", state: "pending" }]
      )
    })
  )

  it.effect("refuses what is forged, stale or signed for somebody else, and keeps nothing of it", () =>
    Effect.gen(function* () {
      const { knock } = yield* Door
      const world = yield* w.newWorld
      const [{ id: mid }, , { id: sister }] = world.accounts
      const body = aboutCharge(mid, "a key")
      const good = signed(mid, body)
      const { "webhook-signature": signature = "", ...unsigned } = good
      const flipped = body.replace("a key", "a kez")
      const forged: ReadonlyArray<readonly [what: string, headers: Record<string, string>, body: string]> = [
        ["no headers", {}, body],
        ["no signature", unsigned, body],
        ["an empty signature", { ...good, "webhook-signature": "" }, body],
        [
          "a signature of another version",
          { ...good, "webhook-signature": signature.replace("v1,", "v2,") },
          body
        ],
        ["half a signature", { ...good, "webhook-signature": signature.slice(0, 20) }, body],
        ["another byte in the body", good, flipped],
        ["the body written anew", good, JSON.stringify(JSON.parse(body), null, 1)],
        ["another id", { ...good, "webhook-id": "msg_2" }, body],
        [
          "another time",
          { ...good, "webhook-timestamp": String(Number(good["webhook-timestamp"]) - 1) },
          body
        ],
        ["no time", { ...good, "webhook-timestamp": "soon" }, body],
        ["somebody else's secret", signed(mid, body, { secret: stranger }), body],
        ["the secret of a sister account", signed(mid, body, { signedFor: sister }), body],
        ["the secret of another provider", signed(mid, body, { provider: "stub_z" }), body],
        ["a signature of six minutes ago", signed(mid, body, { at: nowInSeconds() - 360 }), body],
        ["a signature of in six minutes", signed(mid, body, { at: nowInSeconds() + 360 }), body]
      ]
      for (const [what, headers, said] of forged) {
        const { status, text } = yield* knock(addressOf(mid), headers, said)
        assert.strictEqual(status, 401, what)
        assert.include(text, `"code":"webhook_not_signed"`, what)
      }
      assert.deepStrictEqual(yield* inboxOf(mid), [])
      assert.strictEqual((yield* knock(addressOf(mid), good, body)).status, 200)
    })
  )

  it.effect("takes both secrets while one is exchanged for the other", () =>
    Effect.gen(function* () {
      const mid = yield* account
      const body = aboutCharge(mid, "a key")
      for (const secret of [newer, older]) {
        assert.strictEqual((yield* send(mid, body, { secret })).status, 200)
      }
      // Signed with both, as a sender does that exchanges its own.
      const { knock } = yield* Door
      const headers = signed(mid, body, { id: "msg_both", secret: stranger })
      const known = signed(mid, body, { id: "msg_both" })["webhook-signature"] ?? ""
      const both = { ...headers, "webhook-signature": `${headers["webhook-signature"] ?? ""} ${known}` }
      assert.strictEqual((yield* knock(addressOf(mid), both, body)).status, 200)
      assert.strictEqual((yield* inboxOf(mid)).length, 3)
    })
  )

  it.effect("keeps the events of two accounts apart, though they have one id", () =>
    Effect.gen(function* () {
      const world = yield* w.newWorld
      const mids = [world.accounts[0].id, world.accounts[2].id]
      for (const mid of mids) yield* send(mid, aboutCharge(mid, "a key"), { id: "msg_of_both" })
      for (const mid of mids) {
        assert.deepStrictEqual(
          (yield* inboxOf(mid)).map(({ eventId }) => eventId),
          ["msg_of_both"]
        )
      }
    })
  )

  it.effect("is nowhere else: another provider's address, no such account, a processor that sends none", () =>
    Effect.gen(function* () {
      const { knock } = yield* Door
      const world = yield* w.newWorld
      const [{ id: mid }, { id: silent }] = world.accounts
      const body = aboutCharge(mid, "a key")
      for (const address of [
        addressOf(mid, fixtureProviders[1]),
        addressOf("mid_of_nobody"),
        addressOf(mid, "stripe"),
        addressOf(silent, fixtureProviders[1])
      ]) {
        const { status, text } = yield* knock(address, signed(mid, body), body)
        assert.strictEqual(status, 404, address)
        assert.include(text, `"code":"no_webhooks_here"`, address)
      }
      assert.strictEqual((yield* knock(addressOf(mid), {}, "", "GET")).status, 405)
    })
  )

  it.effect("refuses a body beyond its bound, however well it is signed", () =>
    Effect.gen(function* () {
      const mid = yield* account
      const large = (size: number) => bodyOf({ object: "charge", mid, key: "k".repeat(size) })
      assert.strictEqual((yield* send(mid, large(500 * 1024))).status, 200)
      assert.strictEqual((yield* send(mid, large(513 * 1024))).status, 413)
      assert.strictEqual((yield* inboxOf(mid)).length, 1)
    })
  )

  it.effect("keeps one that is signed and cannot be read, for a person, and acknowledges it", () =>
    Effect.gen(function* () {
      const mid = yield* account
      for (let nr = 0; nr < 3; nr++) {
        assert.strictEqual((yield* send(mid, `{"nobody": "knows"}`)).status, 200)
      }
      const rows = yield* inboxOf(mid)
      assert.deepStrictEqual(
        rows.map(({ state, trouble, tries }) => ({ state, trouble, tries })),
        [{ state: "dead_letter", trouble: "unreadable", tries: 0 }]
      )
      assert.include(rows[0]?.whole, `{"nobody": "knows"}`)
    })
  )

  it.effect("keeps no time that no record could hold: it is as if none were told", () =>
    Effect.gen(function* () {
      const owner = yield* Owner
      const mid = yield* account
      for (const time of [
        "+275760-09-13T00:00:00.000Z",
        "-000001-01-01T00:00:00.000Z",
        "1969-12-31T00:00:00Z"
      ]) {
        const body = bodyOf({ object: "other", mid }).replace("2026-11-20T10:00:00.000Z", time)
        assert.strictEqual((yield* send(mid, body)).status, 200, time)
      }
      const rows = yield* owner<{ readonly row: string }>`
        select state || ' ' || (occurred_at is null) as row from webhook_inbox where mid_id = ${mid}`
      assert.deepStrictEqual(
        rows.map(({ row }) => row),
        ["pending true", "pending true", "pending true"]
      )
    })
  )

  it.effect("writes no card number down, wherever one stands", () =>
    Effect.gen(function* () {
      const { knock } = yield* Door
      const mid = yield* account
      const said = [
        aboutCharge(mid, canary),
        aboutCharge(mid, "a key", canary),
        bodyOf({ object: "other", mid }, canary),
        bodyOf({ object: "refund", mid, reference: canary, charge: canary.replaceAll(" ", "") }),
        bodyOf({
          object: "dispute",
          mid,
          reference: canary,
          charge: canary,
          state: "open",
          amount: 100,
          currency: "USD",
          reason: canary
        }),
        `{"number": "${canary}"}`
      ]
      for (const body of said) assert.strictEqual((yield* send(mid, body)).status, 200)
      const body = aboutCharge(mid, "a key")
      const headers = signed(mid, body, { id: canary })
      assert.strictEqual((yield* knock(addressOf(mid), headers, body)).status, 200)
      yield* workOff
      yield* due
      // Bytes that are no text, around one.
      const bytes = Uint8Array.from([0xff, ...Buffer.from(canary.replaceAll(" ", "")), 0xfe])
      assert.strictEqual((yield* knock(addressOf(mid), signed(mid, bytes), bytes)).status, 200)
      const rows = yield* inboxOf(mid)
      assert.strictEqual(rows.length, said.length + 2)
      assert.notMatch(rows.map(({ whole }) => whole).join("\n"), /4242\D{0,3}4242/)
    })
  )
})
