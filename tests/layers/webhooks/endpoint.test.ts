import { assert, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import { judgeEndpoint } from "../../../src/layers/webhooks/endpoint.ts"
import { NotResolved } from "../../../src/layers/webhooks/Resolver.ts"
import { insideAddresses, spellings } from "./spellings.ts"

// Which addresses events may be sent to. The names are resolved by a table of the test.

const names: Readonly<Record<string, ReadonlyArray<string>>> = {
  "hooks.shop.example": ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"]
}

const judging = (table: typeof names, loopbackToo = false) => {
  const asked: Array<string> = []
  const resolver = {
    resolve: (host: string) => {
      asked.push(host)
      const found = table[host]
      return found === undefined ? Effect.fail(new NotResolved({ host })) : Effect.succeed(found)
    }
  }
  return { asked, judge: (text: string) => Effect.result(judgeEndpoint(text, resolver, { loopbackToo })) }
}

it.effect("a public address is taken as its parser spells it, with every address that it leads to", () =>
  Effect.gen(function* () {
    const { judge } = judging(names)
    for (const [text, href, addresses] of [
      ["https://hooks.shop.example", "https://hooks.shop.example/", names["hooks.shop.example"]],
      [
        "HTTPS://Hooks.Shop.Example:443/a?b=c",
        "https://hooks.shop.example/a?b=c",
        names["hooks.shop.example"]
      ],
      ["https://hooks.shop.example:8443/", "https://hooks.shop.example:8443/", names["hooks.shop.example"]],
      ["https://8.8.8.8/", "https://8.8.8.8/", ["8.8.8.8"]],
      ["https://[2606:2800:220:1::1]/", "https://[2606:2800:220:1::1]/", ["2606:2800:220:1::1"]]
    ] as const) {
      const judged = yield* judge(text)
      if (Result.isFailure(judged)) return assert.fail(`${text}: ${judged.failure.message}`)
      assert.strictEqual(judged.success.url.href, href)
      assert.deepStrictEqual(judged.success.addresses, addresses)
    }
  })
)

it.effect("an address that no event is sent to is refused with one that would be right", () =>
  Effect.gen(function* () {
    const { judge } = judging(names)
    for (const [text, says] of [
      ["ftp://hooks.shop.example/", "of a scheme that no event is sent by; write it like https://"],
      [
        "http://hooks.shop.example/",
        "is not HTTPS; events are sent over TLS only, so begin it with https://"
      ],
      ["hooks.shop.example", "is not an absolute address; write it like https://"]
    ] as const) {
      const judged = yield* judge(text)
      assert.include(Result.isFailure(judged) ? judged.failure.message : "", says)
    }
  })
)

it.effect("no spelling of an address inside a network is taken, and no name server is asked about one", () =>
  Effect.gen(function* () {
    const { asked, judge } = judging(names)
    for (const text of spellings) {
      const judged = yield* judge(text)
      assert.isTrue(Result.isFailure(judged), text)
      if (Result.isFailure(judged)) assert.strictEqual(judged.failure._tag, "AddressNotAllowed")
    }
    assert.deepStrictEqual(asked, [])
  })
)

it.effect("a name is not taken when one of its addresses is not public, or when it has none", () =>
  Effect.gen(function* () {
    for (const address of insideAddresses) {
      for (const answer of [[address], ["93.184.216.34", address], [address, "93.184.216.34"]]) {
        const { judge } = judging({ "hooks.shop.example": answer })
        assert.isTrue(Result.isFailure(yield* judge("https://hooks.shop.example/")), answer.join())
      }
    }
    assert.isTrue(
      Result.isFailure(yield* judging({ "hooks.shop.example": [] }).judge("https://hooks.shop.example/"))
    )
    assert.isTrue(Result.isFailure(yield* judging({}).judge("https://hooks.shop.example/")))
  })
)

it.effect("a refusal does not tell where a name leads inside", () =>
  Effect.gen(function* () {
    const judged = yield* judging({ "hooks.shop.example": ["10.11.12.13"] }).judge(
      "https://hooks.shop.example/"
    )
    assert.isTrue(Result.isFailure(judged))
    if (Result.isFailure(judged)) assert.notInclude(judged.failure.message, "10.11.12.13")
  })
)

it.effect(
  "a server for this machine alone may tell this machine, also without TLS, and nobody else inside",
  () =>
    Effect.gen(function* () {
      const { judge } = judging(names, true)
      const taken = [
        "http://127.0.0.1:9/",
        "http://localhost:3000/a",
        "https://[::1]/",
        "http://127.1/",
        "http://0x7f.1/"
      ]
      for (const text of taken) assert.isTrue(Result.isSuccess(yield* judge(text)), text)
      const refused = [
        "http://hooks.shop.example/",
        "http://10.0.0.1/",
        "https://169.254.169.254/",
        "http://shop.localhost/",
        "https://[::ffff:127.0.0.1]/",
        "http://user@localhost/",
        "http://0.0.0.0/"
      ]
      for (const text of refused) assert.isTrue(Result.isFailure(yield* judge(text)), text)
    })
)
