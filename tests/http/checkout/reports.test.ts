// What browsers report of the checkout's pages: what of it is written down, and that nobody's noise drowns it.
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { CheckoutDoor, checkoutHouse, declare, pathOf } from "./support.ts"

const number = "4556737586899855"

it.layer(checkoutHouse, { excludeTestServices: true })("reports of the checkout's pages", (it) => {
  const send = (body: unknown) =>
    Effect.flatMap(CheckoutDoor, ({ post }) =>
      post("/checkout/reports", body, { "content-type": "text/plain" })
    )
  const logged = Effect.map(CheckoutDoor, ({ log }) =>
    log.filter((line) => /does not belong there|left out/.test(line)).join("\n")
  )

  it.effect("leave nothing in the log but words and origins", () =>
    Effect.gen(function* () {
      const session = yield* declare()
      const door = pathOf(session)
      const secret = door.split("/").at(-1) ?? ""
      const blocked = (uri: string) => ({
        "csp-report": { "document-uri": door, "blocked-uri": uri, "effective-directive": "script-src" }
      })
      yield* send(blocked(`https://evil.example/${number}?x`))
      yield* send(blocked(`https://${number}.of-a-card.example/`))
      yield* send(blocked(`https://4556.7375.8689.9855.of-a-card.example/`))
      yield* send({ type: "tamper", element: `<b>\n${number}`, origin: `javascript:${secret}`, page: door })
      yield* send([{ type: "csp-violation", body: { blockedURL: "inline", documentURL: door } }])
      const text = yield* logged
      assert.include(text, '"of":"https://evil.example"')
      assert.include(text, '"of":"inline"')
      for (const kept of [number, "4556.7375", secret, session.id, "of-a-card"]) assert.notInclude(text, kept)
    })
  )

  it.effect("are taken one by one: an odd one among them takes none of the others along", () =>
    Effect.gen(function* () {
      const odd = [{ type: "deprecation", body: {} }, 7, null, "text", { type: "tamper", element: 1 }]
      const good = { type: "tamper", element: "form", origin: "https://among-odd-ones.example" }
      assert.strictEqual((yield* send([...odd, good])).status, 204)
      assert.strictEqual((yield* send("nonsense")).status, 204)
      assert.include(yield* logged, "https://among-odd-ones.example")
      assert.include(yield* logged, "left out since the start: 1")
    })
  )

  it.effect(
    "of a page of ours are written down whatever noise strangers make, and the noise is counted",
    () =>
      Effect.gen(function* () {
        const session = yield* declare()
        const noise = (nr: number) => ({
          type: "tamper",
          element: "b",
          origin: `https://noise-${nr}.example`
        })
        for (let times = 0; times < 8; times++) {
          yield* send(Array.from({ length: 12 }, (_, at) => noise(times * 12 + at)))
        }
        assert.notInclude(yield* logged, "noise-95")
        assert.include(yield* logged, "left out since the start: 10")
        yield* send({
          type: "tamper",
          element: "script",
          origin: "https://skimmer.example",
          page: pathOf(session)
        })
        assert.include(yield* logged, "https://skimmer.example")
        // A page with a wrong secret is a stranger.
        const wrong = { type: "tamper", element: "script", origin: "https://false.example" }
        yield* send({ ...wrong, page: `/pay/${session.id}/${"A".repeat(32)}` })
        assert.notInclude(yield* logged, "https://false.example")
      })
  )
})
