import { assert, it } from "@effect/vitest"
import { Duration, Effect, Layer, Redacted } from "effect"
import { setDefaultCACertificates, getCACertificates } from "node:tls"
import { Webhook } from "standardwebhooks"
import { EventSender, type Letter } from "../../../src/kernel/events/EventSender.ts"
import { post } from "../../../src/layers/webhooks/post.ts"
import { Resolver } from "../../../src/layers/webhooks/Resolver.ts"
import * as WebhookSender from "../../../src/layers/webhooks/WebhookSender.ts"
import { certificate } from "./certificate.ts"
import { openReceiver } from "./receiver.ts"
import { insideAddresses, spellings } from "./spellings.ts"

// The sender against real receivers on loopback.

const whsec = (letter: string) => `whsec_${Buffer.from(letter.repeat(32)).toString("base64")}`
const secrets = [whsec("n"), whsec("o")].map((secret) => Redacted.make(secret))
const body = JSON.stringify({ id: "evt_7", type: "payment.charged.v1", data: { note: "Grüße" } })
const letter = (url: string): Letter => ({ url, id: "evt_7", body, secrets })

/** Where names lead; what it says may change between two questions. */
const resolving = (answers: (asked: number) => ReadonlyArray<string>) => {
  const asked: Array<string> = []
  const layer = Layer.succeed(Resolver, {
    resolve: (host) => Effect.sync(() => answers(asked.push(host)))
  })
  return { asked, layer }
}

const senderWith = (
  resolver: Layer.Layer<Resolver>,
  { loopbackToo = true, deadline = Duration.seconds(15) } = {}
) => Layer.build(WebhookSender.layer({ loopbackToo, deadline }).pipe(Layer.provide(resolver)))

const sender = Effect.fnUntraced(function* (settings: { deadline?: Duration.Duration } = {}) {
  return yield* EventSender.pipe(Effect.provide(yield* senderWith(resolving(() => []).layer, settings)))
})

it.live("what is sent is verified by the library of Standard Webhooks, under each of two secrets", () =>
  Effect.gen(function* () {
    const receiver = yield* openReceiver()
    const { send } = yield* sender()
    assert.deepStrictEqual(yield* send(letter(receiver.url)), { _tag: "Answered", status: 200, answer: "" })
    const [one] = receiver.received
    assert.isDefined(one)
    if (one === undefined) return
    assert.strictEqual(one.body, body)
    assert.strictEqual(one.path, "/events")
    assert.strictEqual(one.headers["webhook-id"], "evt_7")
    assert.strictEqual(one.headers["content-type"], "application/json")
    for (const secret of secrets) {
      assert.deepStrictEqual(
        new Webhook(Redacted.value(secret)).verify(one.body, one.headers),
        JSON.parse(body)
      )
    }
    const wrong: ReadonlyArray<() => unknown> = [
      () => new Webhook(whsec("x")).verify(one.body, one.headers),
      () => new Webhook(whsec("n")).verify(`${one.body} `, one.headers),
      () => new Webhook(whsec("n")).verify(one.body, { ...one.headers, "webhook-id": "evt_8" })
    ]
    for (const verifying of wrong) assert.throws(verifying)
  })
)

it.live("a redirect is an answer and is not followed", () =>
  Effect.gen(function* () {
    const target = yield* openReceiver()
    const receiver = yield* openReceiver()
    const { send } = yield* sender()
    for (const status of [301, 302, 303, 307, 308]) {
      receiver.answer((response) => response.writeHead(status, { location: target.url }).end())
      const sent = yield* send(letter(receiver.url))
      assert.deepStrictEqual(sent, { _tag: "Answered", status, answer: "" })
    }
    assert.strictEqual(target.received.length, 0)
    assert.strictEqual(receiver.received.length, 5)
  })
)

it.live("of an endless answer no more than sixteen kilobytes are read", () =>
  Effect.gen(function* () {
    const receiver = yield* openReceiver()
    receiver.answer((response) => {
      const more = () => {
        while (!response.destroyed && response.write("x".repeat(4096)));
        if (!response.destroyed) response.once("drain", more)
      }
      response.writeHead(200)
      more()
    })
    const sent = yield* (yield* sender()).send(letter(receiver.url))
    assert.strictEqual(sent._tag, "Answered")
    if (sent._tag === "Answered") assert.deepStrictEqual([sent.status, sent.answer.length], [200, 16 * 1024])
  })
)

it.live("silence ends at the deadline; an answer whose body never ends is an answer", () =>
  Effect.gen(function* () {
    const receiver = yield* openReceiver()
    const { send } = yield* sender({ deadline: Duration.millis(200) })
    receiver.answer(() => undefined)
    const silent = yield* send(letter(receiver.url))
    assert.deepStrictEqual(silent, { _tag: "NotAnswered", problem: "no answer within 0.2 seconds" })
    receiver.answer((response) => void response.writeHead(202).write("so far"))
    assert.deepStrictEqual(yield* send(letter(receiver.url)), {
      _tag: "Answered",
      status: 202,
      answer: "so far"
    })
  })
)

it.live("a line that is cut, and a port on which nobody listens, are told in words", () =>
  Effect.gen(function* () {
    const receiver = yield* openReceiver()
    const { send } = yield* sender()
    receiver.answer((response) => void response.socket?.destroy())
    assert.deepStrictEqual(yield* send(letter(receiver.url)), {
      _tag: "NotAnswered",
      problem: "no answer: the line was cut"
    })
    const closed = yield* Effect.scoped(Effect.map(openReceiver(), ({ url }) => url))
    assert.deepStrictEqual(yield* send(letter(closed)), {
      _tag: "NotAnswered",
      problem: "no answer: nobody listens there"
    })
  })
)

it.live("every spelling that is refused when it is kept is refused again when it is sent to", () =>
  Effect.gen(function* () {
    const { asked, layer } = resolving(() => ["93.184.216.34"])
    const { judge, send } = yield* EventSender.pipe(
      Effect.provide(yield* senderWith(layer, { loopbackToo: false }))
    )
    for (const url of spellings) {
      assert.strictEqual((yield* Effect.flip(judge(url)))._tag, "AddressNotAllowed", url)
      const sent = yield* send(letter(url))
      assert.match(sent._tag === "NotAnswered" ? sent.problem : "it was sent", /^not sent: /, url)
    }
    assert.deepStrictEqual(asked, [])
  })
)

it.live("a name that leads elsewhere after it was kept is not sent to", () =>
  Effect.gen(function* () {
    for (const address of insideAddresses) {
      const { asked, layer } = resolving((nth) => (nth === 1 ? ["93.184.216.34"] : [address]))
      const { judge, send } = yield* EventSender.pipe(
        Effect.provide(yield* senderWith(layer, { loopbackToo: false }))
      )
      const url = "https://hooks.shop.example/events"
      assert.strictEqual(yield* judge(url), url)
      const sent = yield* send(letter(url))
      assert.match(sent._tag === "NotAnswered" ? sent.problem : "it was sent", /^not sent: /, address)
      assert.strictEqual(asked.length, 2)
    }
  })
)

it.live(
  "the address that was judged is the one that is connected to, under the name that was asked for",
  () =>
    Effect.gen(function* () {
      const receiver = yield* openReceiver()
      // A name that nobody can resolve: whoever asked again would not get here.
      const url = new URL(`http://hooks.shop.invalid:${receiver.port}/events`)
      const sent = yield* post({ url, addresses: ["127.0.0.1"] }, {}, body, Duration.seconds(15))
      assert.strictEqual(sent._tag, "Answered")
      assert.strictEqual(receiver.received[0]?.headers["host"], `hooks.shop.invalid:${receiver.port}`)
    })
)

it.live("the certificate has to be trusted, and of the name that was asked for", () =>
  Effect.gen(function* () {
    const receiver = yield* openReceiver({ tls: true })
    const sending = (name: string) =>
      post(
        { url: new URL(`https://${name}:${receiver.port}/events`), addresses: ["127.0.0.1"] },
        {},
        body,
        Duration.seconds(15)
      )
    const untrusted = yield* sending("hooks.shop.example")
    assert.match(untrusted._tag === "NotAnswered" ? untrusted.problem : "sent", /certificate is not accepted/)
    yield* Effect.acquireRelease(
      Effect.sync(() => {
        const before = getCACertificates("default")
        setDefaultCACertificates([...before, certificate])
        return before
      }),
      (before) => Effect.sync(() => setDefaultCACertificates(before))
    )
    assert.strictEqual((yield* sending("hooks.shop.example"))._tag, "Answered")
    const other = yield* sending("other.shop.example")
    assert.match(other._tag === "NotAnswered" ? other.problem : "sent", /certificate is not accepted/)
    assert.strictEqual(receiver.received.length, 1)
  })
)
