import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { developmentKey } from "../../src/db/seedData.ts"
import { at, declared, Doors, doors, field } from "./support.ts"

const authorization = `Bearer ${developmentKey.key}`
const secret = "s3cret value"

const input = (more: object) => ({
  query: `mutation ($input: CreatePaymentSessionInput!) { createPaymentSession(input: $input) { __typename } }`,
  variables: { input: { ...declared, ...more } }
})

/** What is sent, and what the answer says of it. */
const wrong: ReadonlyArray<readonly [object, RegExp]> = [
  [input({ cardNumber: secret }), /^\$input: .*unknown field "cardNumber"$/],
  [input({ [secret]: 1 }), /^\$input: .*not to include a field of that name$/],
  [
    input({ intent: { type: "amount", amountCents: secret } }),
    /^\$input\.intent\.amountCents: MinorUnits is a number$/
  ],
  [{ query: "{ sessions }" }, /^Field "sessions" of type "\w+!" must have a selection of subfields\.$/],
  [input({ intent: secret }), /^\$input\.intent: .*to be an object$/],
  [input({ metadata: { a: [secret] } }), /^\$input\.metadata: Labels is an object/],
  [input({ customer: { secret } }), /^\$input\.customer: String cannot represent a non string value$/],
  [input({ customer: undefined, theme: { secret } }), /^\$input: .*required field "customer"$/],
  [
    {
      query: "query ($first: Int) { sessions(first: $first) { nodes { id } } }",
      variables: { first: secret }
    },
    /^\$first: Int/
  ],
  [
    {
      query: "query ($states: [SessionState!]) { sessions(filter: { states: $states }) { nodes { id } } }",
      variables: { states: [secret] }
    },
    /^\$states\.0: the value does not exist in "SessionState" enum/
  ],
  [
    { query: `{ sessions(first: "${secret}") { nodes { id } } }` },
    /^Int cannot represent non-integer value$/
  ],
  [{ query: `{ sessions(filter: "${secret}") { nodes { id } } }` }, /"SessionFilter" to be an object$/],
  [
    { query: `{ sessions(filter: { entity: "${secret}", kind: "${secret}" }) { nodes { id } } }` },
    /unknown field "kind"$/
  ],
  [
    { query: `{ sessions(filter: { states: [s3cret] }) { nodes { id } } }` },
    /the value does not exist in "SessionState" enum/
  ],
  [
    { query: `{ sessions(filter: { states: "${secret}" }) { nodes { id } } }` },
    /"SessionState" cannot represent/
  ],
  [
    { query: `{ sessions "${secret}" }` },
    /^Syntax Error: the document cannot be parsed at line 1, column 12$/
  ],
  [{ query: `{ sessions(first: 1s3cret) }` }, /^Syntax Error: the document cannot be parsed at line 1/],
  [{ query: "{ __typename }", variables: secret }, /"variables" param/],
  [{ query: "{ sesions { nodes { id } } }" }, /^Cannot query field "sesions" on type "Query"\.$/],
  [{ query: "{ entity(idd: 1, id: 2) { name } }" }, /^Unknown argument "idd" on field "Query\.entity"\.$/]
]

it.layer(doors, { excludeTestServices: true })("what was sent", (it) => {
  it.effect("is not sent back: an answer names the field and the problem", () =>
    Effect.gen(function* () {
      const { fetch } = yield* Doors
      for (const [sent, words] of wrong) {
        const answer = yield* fetch("/graphql", {
          method: "POST",
          headers: { authorization, "content-type": "application/json" },
          body: JSON.stringify(sent)
        })
        assert.isUndefined(at(answer.json, "data"), answer.text)
        assert.match(String(at(answer.json, "errors", 0, "message")), words)
        assert.notMatch(answer.text, /s3cret|Did you mean|originalError/)
        assert.isString(at(answer.json, "errors", 0, "extensions", "code"))
      }
    })
  )

  it.effect("is not sent back when it is no JSON", () =>
    Effect.gen(function* () {
      const { fetch, log } = yield* Doors
      const bodies = [`{"query": "${secret}`, secret, ""]
      for (const body of bodies) {
        const answer = yield* fetch("/graphql", {
          method: "POST",
          headers: { authorization, "content-type": "application/json" },
          body
        })
        assert.strictEqual(answer.status, 400)
        assert.strictEqual(at(answer.json, "errors", 0, "message"), "the body is not JSON")
        assert.deepStrictEqual(Object.keys(Object(at(answer.json, "errors", 0, "extensions"))), [
          "code",
          "requestId"
        ])
      }
      const inAddress = yield* fetch(`/graphql?query={__typename}&variables={${encodeURIComponent(secret)}`, {
        headers: { authorization }
      })
      assert.strictEqual(inAddress.status, 400)
      assert.strictEqual(at(inAddress.json, "errors", 0, "message"), "variables are not JSON")
      assert.notInclude(log.join("\n"), secret)
    })
  )

  it.effect("may be a variable inside of labels, if it is a text", () =>
    Effect.gen(function* () {
      const { ask } = yield* Doors
      const create = (type: string) => `mutation ($v: ${type}) {
        createPaymentSession(input: { customer: "c", brand: "loop-bio", entity: "loop_bio_labs", mode: "embedded",
          metadata: { campaign: $v, season: "winter" },
          intent: { type: "line_items", lineItems: [{ providerPriceRef: "price_bpc157", quantity: 2 }] } }) {
          ... on CreatePaymentSessionPayload { session { metadata } } ... on Refusal { message } } }`
      const made = yield* field(create("String!"), "createPaymentSession", { v: "snow" })
      assert.deepStrictEqual(at(made, "session", "metadata"), { campaign: "snow", season: "winter" })
      for (const [type, v] of [
        ["Int", 4242],
        ["String", null],
        ["String", undefined]
      ] as const) {
        const refused = yield* ask(create(type), { variables: { v } })
        assert.strictEqual(at(refused.json, "errors", 0, "message"), `Argument "input" has an invalid value`)
        assert.strictEqual(at(refused.json, "errors", 0, "extensions", "code"), "BAD_USER_INPUT")
        assert.notMatch(refused.text, /4242|loop-bio/)
      }
    })
  )
})
