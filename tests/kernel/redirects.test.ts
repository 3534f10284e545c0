import { describe, expect, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import { Brand } from "../../src/kernel/Entity.ts"
import { BrandId, EntityId } from "../../src/kernel/ids.ts"
import { checkRedirect } from "../../src/kernel/redirects.ts"

const brand = new Brand({
  id: BrandId.make("loop-goods"),
  name: "Loop Goods",
  entities: [EntityId.make("loop_goods")],
  redirectOrigins: [
    "https://shop.example.com",
    "http://localhost:3000",
    "https://s",
    "https://xn--mnchen-3ya.example"
  ]
})

const check = (address: string) => checkRedirect("redirects.successUrl", address, brand)

describe("a customer may be sent back to", () => {
  it.effect.each([
    "https://shop.example.com",
    "https://shop.example.com/",
    "https://shop.example.com/thanks?session=1#top",
    "https://shop.example.com?x=1",
    "https://shop.example.com#x",
    "https://shop.example.com/a@b//c:d%2F..%5C",
    "http://localhost:3000/back",
    "https://s/back",
    "https://xn--mnchen-3ya.example/danke",
    `https://shop.example.com/${"a".repeat(2048 - 25)}`
  ])("%s", (address) =>
    Effect.gen(function* () {
      yield* check(address)
      // What we read is what every browser reads.
      expect(brand.redirectOrigins).toContain(new URL(address).origin)
    })
  )
})

describe("a customer is not sent to", () => {
  it.effect.each<[string, string]>([
    ["another origin", "https://evil.example"],
    ["the origin as a subdomain of another", "https://shop.example.com.evil.com"],
    ["the origin as the end of another", "https://notshop.example.com"],
    ["the origin as the end of another, with a hyphen", "https://evil-shop.example.com"],
    ["a subdomain of the origin", "https://a.shop.example.com/"],
    ["the parent of the origin", "https://example.com/"],
    ["the origin without encryption", "http://shop.example.com/"],
    ["the origin on another port", "https://shop.example.com:8443/"],
    ["the origin on its own port, spelt out", "https://shop.example.com:443/"],
    ["a local port that is not the brand's", "http://localhost:3001/"],
    ["an address in numbers", "http://2130706433/"]
  ])("%s", ([, address]) =>
    Effect.gen(function* () {
      const refusal = yield* Effect.flip(check(address))
      expect(refusal).toMatchObject({
        _tag: "RedirectNotAllowed",
        field: "redirects.successUrl",
        allowed: brand.redirectOrigins
      })
      expect(refusal.message).toContain("allowed are https://shop.example.com")
    })
  )

  it.effect.each<[string, string]>([
    ["nothing", ""],
    ["a path", "/thanks"],
    ["an address without a scheme", "//shop.example.com/thanks"],
    ["an address with three slashes", "https:///shop.example.com"],
    ["an address without slashes", "https:shop.example.com"],
    ["a script", "javascript:alert(1)//https://shop.example.com"],
    ["data", "data:text/html,https://shop.example.com"],
    ["another scheme", "ftp://shop.example.com/"],
    ["an upper-case scheme", "HTTPS://shop.example.com/"],
    ["an upper-case host", "https://Shop.Example.com/"],
    ["a trailing dot", "https://shop.example.com./"],
    ["a user part that looks like the origin", "https://shop.example.com@evil.example/"],
    ["a user and a password", "https://user:secret@shop.example.com/"],
    ["an empty user part", "https://@shop.example.com/"],
    ["a backslash before the path", "https://shop.example.com\\@evil.example/"],
    ["a backslash in the path", "https://shop.example.com/a\\b"],
    ["backslashes for slashes", "https:\\\\shop.example.com/"],
    ["a space before it", " https://shop.example.com/"],
    ["a line end after it", "https://shop.example.com/\n"],
    ["a line end after the host", "https://shop.example.com\n"],
    ["a tab within it", "https://shop.exa\tmple.com/"],
    ["a carriage return for a header", "https://shop.example.com/\r\nSet-Cookie: a=b"],
    ["a null", "https://shop.example.com/\u0000"],
    ["a space in the path", "https://shop.example.com/a b"],
    ["a letter that only looks like one", "https://shop.ex\u0430mple.com/"],
    ["a host that is not spelt in ASCII", "https://m\u00fcnchen.example/"],
    ["a full-width dot", "https://shop\uff0eexample.com/"],
    ["a character of a right-to-left script in the path", "https://shop.example.com/\u202e"],
    ["a port that is no number", "https://shop.example.com:80a/"],
    ["an empty port", "https://shop.example.com:/"],
    ["a port of six digits", "https://shop.example.com:000443/"],
    ["a percent-encoded host", "https://shop%2eexample.com/"],
    ["an IPv6 address", "https://[::1]/"]
  ])("%s", ([, address]) =>
    Effect.gen(function* () {
      expect(yield* Effect.flip(check(address))).toMatchObject({
        _tag: "InvalidInput",
        field: "redirects.successUrl",
        problem:
          "is not a plain absolute address; write it like https://shop.example/thanks, with a lower-case host"
      })
    })
  )

  it.effect("a very long address", () =>
    Effect.gen(function* () {
      const refusal = yield* Effect.flip(check(`https://shop.example.com/${"a".repeat(2048 - 24)}`))
      expect(refusal).toMatchObject({
        _tag: "InvalidInput",
        field: "redirects.successUrl",
        problem: "has 2049 characters; at most 2048 are taken"
      })
    })
  )

  it.effect("anywhere, for a brand that allows no origin", () =>
    Effect.gen(function* () {
      const nowhere = new Brand({ ...brand, redirectOrigins: [] })
      const exit = yield* Effect.exit(
        checkRedirect("redirects.cancelUrl", "https://shop.example.com", nowhere)
      )
      expect(Exit.isFailure(exit)).toBe(true)
    })
  )
})
