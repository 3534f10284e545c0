import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { checkText } from "../../src/kernel/text.ts"

const noCharacter = "holds a character that is none: NUL, or half of a surrogate pair"
const cardNumber = "looks like a card number; this service takes vault tokens only"

describe("a request is taken", () => {
  it.effect.each<[string, unknown]>([
    ["that says nothing", {}],
    ["of plain words and numbers", { customer: "user_1", intent: { amountCents: 1250, lineItems: [] } }],
    ["with what is no text at all", { a: null, b: undefined, c: true, d: [null, 1.5, Number.NaN] }],
    ["with characters beyond the first plane", { metadata: { "🧪": "🧪" } }],
    ["with a number that is none", { amountCents: 4_242_424_242_424_241 }],
    [
      "with Base64 of something else",
      { metadata: { a: btoa("4242424242424241"), b: btoa("\u00ff4242424242424242") } }
    ],
    ["that is a text", "a text"],
    ["that is nothing", undefined]
  ])("%s", ([, request]) => checkText(request))
})

describe("a request is refused at the place of what cannot be written down:", () => {
  it.effect.each<[string, unknown, string, string]>([
    ["a NUL in a field", { customer: "a\0" }, "customer", noCharacter],
    ["half a character inside", { intent: { planKey: "\ud83e" } }, "intent.planKey", noCharacter],
    ["the other half", { intent: { planKey: "\udc00" } }, "intent.planKey", noCharacter],
    ["in a list", { lineItems: ["a", { name: "\0" }] }, "lineItems[1].name", noCharacter],
    ["in a list that is the whole", ["a", "\0"], "[1]", noCharacter],
    ["in a text that is the whole", "\0", "", noCharacter],
    ["in a name", { "\0": 1 }, "(a name)", noCharacter],
    ["in a name inside", { metadata: { ok: "a", "\0": 1 } }, "metadata.(a name)", noCharacter],
    ["a card number in a name inside", { theme: { "4242424242424242": 1 } }, "theme.(a name)", cardNumber],
    ["a card number in a number", [4_242_424_242_424_242], "[0]", cardNumber],
    ["a card number in Base64", { metadata: { a: btoa("4242424242424242") } }, "metadata.a", cardNumber],
    ["one among words, in Base64", { name: `of ${btoa("pan=4242424242424242")}!` }, "name", cardNumber],
    ["a name in Base64", { theme: { [btoa("4242424242424242")]: 1 } }, "theme.(a name)", cardNumber],
    ["the first of two", { a: "\0", b: "4242424242424242" }, "a", noCharacter],
    ["a NUL before a card number", { a: "4242424242424242\0" }, "a", noCharacter]
  ])("%s", ([, request, field, problem]) =>
    Effect.gen(function* () {
      expect(yield* Effect.flip(checkText(request))).toMatchObject({ _tag: "InvalidInput", field, problem })
    })
  )
})
