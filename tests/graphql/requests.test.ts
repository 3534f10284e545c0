import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { developmentKey } from "../../src/db/seedData.ts"
import { at, create, dataOf, declared, Doors, doors, field, house, newSession, openDoors } from "./support.ts"

const authorization = `Bearer ${developmentKey.key}`
const json = { authorization, "content-type": "application/json" }

it.layer(doors, { excludeTestServices: true })("the GraphQL door", (it) => {
  it.effect("lets nobody in without a key, and says how to send one", () =>
    Effect.gen(function* () {
      const { ask } = yield* Doors
      for (const header of ["", "Basic abc", "Bearer sk_guessed"]) {
        const {
          status,
          json: body,
          headers
        } = yield* ask("{ entities { nodes { name } } }", {
          headers: { authorization: header, "x-request-id": "req_1" }
        })
        assert.strictEqual(status, 401)
        assert.strictEqual(headers.get("www-authenticate"), "Bearer")
        assert.deepStrictEqual(at(body, "errors", 0, "extensions"), {
          code: "unauthorized",
          requestId: "req_1"
        })
        assert.match(String(at(body, "errors", 0, "message")), /key|Bearer/)
        assert.isUndefined(at(body, "data"))
      }
    })
  )

  it.effect("shows GraphiQL without a key: whole, for loopback, with the development key filled in", () =>
    Effect.gen(function* () {
      const { fetch } = yield* Doors
      const page = yield* fetch("/graphql", { headers: { accept: "text/html" } })
      assert.strictEqual(page.status, 200)
      assert.include(page.headers.get("content-type"), "text/html")
      assert.include(page.text, developmentKey.key)
      assert.notMatch(page.text.slice(0, 5000), /<(script|link)[^>]+(src|href)="?https?:/)
      assert.match(page.headers.get("content-security-policy") ?? "", /connect-src 'self'/)
    })
  )

  it.effect("refuses unknown fields and missing ones by name, and does nothing", () =>
    Effect.gen(function* () {
      const { ask } = yield* Doors
      const wrong: ReadonlyArray<readonly [string, RegExp]> = [
        ["{ entities { nodes { revenue } } }", /Cannot query field "revenue" on type "Entity"/],
        [
          `mutation { createPaymentSession(input: { colour: "red" }) { __typename } }`,
          /unknown field "colour"/
        ],
        [
          `{ sessions(filter: { states: [paid] }) { nodes { state } } }`,
          /the value does not exist in "SessionState"/
        ],
        ["{ session { state } }", /Argument "Query.session\(id:\)" of type "ID!" is required/],
        ["{ entities ", /Syntax Error/]
      ]
      for (const [query, message] of wrong) {
        const { json: body, text } = yield* ask(query)
        assert.match(text.replaceAll('\\"', '"'), message)
        assert.isUndefined(at(body, "data"))
        assert.isString(at(body, "errors", 0, "extensions", "code"))
        assert.isString(at(body, "errors", 0, "extensions", "requestId"))
      }
    })
  )

  it.effect("refuses unknown fields in variables, and what is no number where one belongs", () =>
    Effect.gen(function* () {
      const { ask } = yield* Doors
      const query = `mutation ($input: CreatePaymentSessionInput!) { createPaymentSession(input: $input) { __typename } }`
      const bare = { type: "amount", amountCents: "4200" }
      for (const input of [
        { ...declared, colour: "red" },
        { ...declared, intent: bare },
        { ...declared, metadata: { a: 1 } },
        { ...declared, metadata: ["a"] },
        { ...declared, customer: undefined }
      ]) {
        const { json: body } = yield* ask(query, { variables: { input } })
        assert.isUndefined(at(body, "data"), JSON.stringify(input))
        assert.match(String(at(body, "errors", 0, "message")), /\$input/)
      }
      assert.deepStrictEqual(yield* field("{ sessions { nodes { sessionId } } }", "sessions"), { nodes: [] })
    })
  )

  it.effect("keeps labels and large amounts as they came", () =>
    Effect.gen(function* () {
      const id = yield* newSession({
        ...declared,
        product: "ruo_compounds",
        intent: { type: "amount", amountCents: 999_999_999_999, currency: "USD" },
        metadata: { campaign: "winter" },
        theme: { colour: "blue" }
      })
      const read = yield* field(
        `query ($id: ID!) { session(id: $id) { metadata theme money { amount currency formatted } intent { __typename type } } }`,
        "session",
        { id }
      )
      assert.deepStrictEqual(read, {
        metadata: { campaign: "winter" },
        theme: { colour: "blue" },
        money: { amount: 999_999_999_999, currency: "USD", formatted: "USD 9999999999.99" },
        intent: { __typename: "AmountIntent", type: "amount" }
      })
    })
  )

  it.effect("takes literals as it takes variables", () =>
    Effect.gen(function* () {
      const made = yield* field(
        `mutation ($name: String!) { createPaymentSession(input: {
          customer: "loop_user_1", brand: "loop-bio", entity: "loop_bio_labs", mode: "embedded",
          metadata: { campaign: "winter" }, intent: { type: "line_items", lineItems: [
            { quantity: 3, priceData: { amountCents: 150, currency: "USD", name: $name, product: "ruo_compounds" } }] }
        }) { ... on CreatePaymentSessionPayload { session { money { amount } metadata
          intent { ... on LineItemsIntent { lines { name priceRef quantity unitPrice { formatted } category } } } } } } }`,
        "createPaymentSession",
        { name: "Vial" }
      )
      assert.deepStrictEqual(made, {
        session: {
          money: { amount: 450 },
          metadata: { campaign: "winter" },
          intent: {
            lines: [
              {
                name: "Vial",
                priceRef: null,
                quantity: 3,
                unitPrice: { formatted: "USD 1.50" },
                category: "ruo_compounds"
              }
            ]
          }
        }
      })
      const { json: body } = yield* (yield* Doors).ask(
        `mutation { createPaymentSession(input: { customer: "c", brand: "loop-bio", entity: "loop_bio_labs", mode: "hosted",
          intent: { type: "amount", amountCents: -10.5 }, product: "ruo_compounds" }) { ... on InvalidInput { field problem } } }`
      )
      assert.deepStrictEqual(at(body, "data", "createPaymentSession"), {
        field: "intent.amountCents",
        problem: "is -10.5; amounts are whole minor units, so USD 12.50 is 1250"
      })
    })
  )

  it.effect("answers queries over GET, and no mutations", () =>
    Effect.gen(function* () {
      const { fetch } = yield* Doors
      const get = (query: string) =>
        fetch(`/graphql?query=${encodeURIComponent(query)}`, { headers: { authorization } })
      assert.deepStrictEqual(dataOf(yield* get(`{ entity(id: "loop_goods") { name } }`), "entity"), {
        name: "Loop Goods LLC"
      })
      const refused = yield* get(`mutation { cancelPaymentSession(session: "ps_1") { __typename } }`)
      assert.strictEqual(refused.status, 405)
      assert.match(String(at(refused.json, "errors", 0, "message")), /POST/)
    })
  )

  it.effect("refuses malformed and oversized bodies", () =>
    Effect.gen(function* () {
      const { fetch } = yield* Doors
      const malformed = yield* fetch("/graphql", { method: "POST", headers: json, body: "{" })
      assert.strictEqual(malformed.status, 400)
      assert.isString(at(malformed.json, "errors", 0, "extensions", "code"))
      const large = JSON.stringify({ query: `{ entities { nodes { name } } } # ${"x".repeat(70_000)}` })
      const oversized = yield* fetch("/graphql", { method: "POST", headers: json, body: large })
      assert.strictEqual(oversized.status, 413)
      const asText = yield* fetch("/graphql", {
        method: "POST",
        headers: { authorization, "content-type": "image/png" },
        body: "x"
      })
      assert.strictEqual(asText.status, 415)
    })
  )

  it.effect("finds nodes by their global ids, and says null of what is not there", () =>
    Effect.gen(function* () {
      const { ask } = yield* Doors
      const session = yield* newSession()
      const ids = yield* ask(
        `query ($session: ID!) {
        session(id: $session) { id } entity(id: "loop_goods") { id } merchantAccount(id: "mid_bio_1") { id } }`,
        {
          variables: { session }
        }
      )
      const found = (name: string) => String(at(dataOf(ids), name, "id"))
      const all = [found("session"), found("entity"), found("merchantAccount")]
      const unknown = Buffer.from(`PaymentSession:ps_${"0".repeat(26)}`).toString("base64")
      const nodes = yield* field(
        `query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id
          ... on PaymentSession { sessionId } ... on Entity { entityId } ... on MerchantAccount { midId } } }`,
        "nodes",
        { ids: [...all, unknown] }
      )
      assert.deepStrictEqual(nodes, [
        { __typename: "PaymentSession", id: all[0], sessionId: session },
        { __typename: "Entity", id: all[1], entityId: "loop_goods" },
        { __typename: "MerchantAccount", id: all[2], midId: "mid_bio_1" },
        null
      ])
      const again = yield* field("query ($id: ID!) { session(id: $id) { sessionId } }", "session", {
        id: all[0]
      })
      assert.deepStrictEqual(again, { sessionId: session })
      for (const id of ["junk", "ps_1", "loop_goods", "\u0000", "Nobody:1"]) {
        const nothing = yield* field("query ($id: ID!) { session(id: $id) { sessionId } }", "session", { id })
        assert.isNull(nothing, id)
      }
      // No id, no id of a node, no type, no type that is a node, and nothing behind the type.
      const names = ["Nobody:1", "Brand:loop-bio", "Query:1", "Entity", "Entity:", "__proto__:1"]
      const junk = ["junk", "", ...names.map((name) => Buffer.from(name).toString("base64"))]
      for (const id of junk)
        assert.isNull(yield* field("query ($id: ID!) { node(id: $id) { id } }", "node", { id }), id)
      const none = yield* field("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", "nodes", {
        ids: [...junk, all[1]]
      })
      assert.deepStrictEqual(none, [...junk.map(() => null), { id: all[1] }])
      const many = yield* ask("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", {
        variables: { ids: Array.from({ length: 101 }, () => all[0]) }
      })
      assert.match(String(at(many.json, "errors", 0, "message")), /has 101 ids; ask for at most 100/)
    })
  )

  it.effect("previews routing with the reason for every account that is left out", () =>
    Effect.gen(function* () {
      const query = `query ($input: RoutingPreviewInput!) { routingPreview(input: $input) {
        ... on RoutingPreview { chosen { midId } leftOut { midId reasons { code sentence
          ... on MidCardBrandNotAccepted { brand accepted } ... on MidAmountAboveMaximum { maximum } } } }
        ... on Refusal { code field message } } }`
      const preview = (input: object) => field(query, "routingPreview", { input })
      const input = { entity: "loop_nutrition", product: "supplements", amountCents: 600_000 }
      assert.deepStrictEqual(yield* preview({ ...input, cardBrand: "amex" }), {
        chosen: [],
        leftOut: [
          {
            midId: "mid_nutrition_1",
            reasons: [
              {
                code: "amount_above_maximum",
                sentence: "600000 is above its maximum of 500000 minor units",
                maximum: 500_000
              }
            ]
          },
          {
            midId: "mid_nutrition_2",
            reasons: [
              {
                code: "card_brand_not_accepted",
                sentence: "it accepts visa, mastercard, not amex",
                brand: "amex",
                accepted: ["visa", "mastercard"]
              }
            ]
          }
        ]
      })
      assert.deepStrictEqual(at(yield* preview({ ...input, amountCents: 5000 }), "chosen"), [
        { midId: "mid_nutrition_1" },
        { midId: "mid_nutrition_2" }
      ])
      const wrong: ReadonlyArray<readonly [object, string, string]> = [
        [{ entity: "loop_bank" }, "unknown_entity", "entity"],
        [{ entity: "loop_payouts" }, "entity_cannot_collect", "entity"],
        [{ product: "gold" }, "invalid_input", "product"],
        [{ amountCents: 1.5 }, "invalid_input", "amountCents"],
        [{ currency: "usd" }, "invalid_input", "currency"],
        [{ country: "USA" }, "invalid_input", "country"],
        [{ bin: "4242" }, "invalid_input", "bin"],
        [{ cardBrand: "dogecoin" }, "invalid_input", "cardBrand"],
        [{ risk: "none" }, "invalid_input", "risk"],
        [{ sessionId: "ps_1" }, "invalid_input", "sessionId"]
      ]
      for (const [change, code, name] of wrong) {
        const refused = yield* preview({ ...input, ...change })
        assert.deepStrictEqual([at(refused, "code"), at(refused, "field")], [code, name])
      }
    })
  )

  it.effect("previews the order of the session that is named", () =>
    Effect.gen(function* () {
      const orders = new Set<string>()
      // Seven in ten begin at the one account: that sixty would all do so has a chance of one in two thousand million.
      for (let i = 0; i < 60 && orders.size < 2; i++) {
        const session = yield* newSession({ ...declared, brand: "leo-research", entity: "leo_research" })
        const preview = yield* field(
          `query ($id: ID!) { routingPreview(input: { entity: "leo_research", product: "ruo_compounds", amountCents: 9800,
            cardBrand: "visa", country: "US", bin: "424242", sessionId: $id }) { ... on RoutingPreview { chosen { midId } } } }`,
          "routingPreview",
          { id: session }
        )
        yield* field(
          `mutation ($id: ID!) { confirmPaymentSession(input: { session: $id, vaultToken: { vaultId: "stub", tokenRef: "tok_captured" } }) {
            __typename } }`,
          "confirmPaymentSession",
          { id: session }
        )
        const read = yield* field(
          "query ($id: ID!) { session(id: $id) { decisions { chosen { midId } } } }",
          "session",
          {
            id: session
          }
        )
        assert.deepStrictEqual(at(read, "decisions", 0, "chosen"), at(preview, "chosen"))
        orders.add(JSON.stringify(at(preview, "chosen")))
      }
      assert.strictEqual(orders.size, 2, "both orders occur")
    })
  )
})

const closed = openDoors({ graphiql: false }).pipe(Layer.provideMerge(house))

it.layer(closed, { excludeTestServices: true })("beyond loopback", (it) => {
  it.effect("there is no GraphiQL, and its address asks for a key like any other", () =>
    Effect.gen(function* () {
      const { fetch } = yield* Doors
      const page = yield* fetch("/graphql", { headers: { accept: "text/html" } })
      assert.strictEqual(page.status, 401)
      assert.notInclude(page.text, developmentKey.key)
      assert.isString(at(yield* create(declared), "session", "sessionId"))
    })
  )

  it.effect("the schema is told to whoever has a key, and to nobody else", () =>
    Effect.gen(function* () {
      const { ask, fetch } = yield* Doors
      const query = '{ __schema { types { name } } __type(name: "Entity") { name } }'
      const told = yield* ask(query)
      assert.isAbove(Number(at(told.json, "data", "__schema", "types", "length")), 100)
      for (const headers of [{}, { authorization: "Bearer sk_of_nobody" }]) {
        const refused = yield* ask(query, { headers: { authorization: "", ...headers } })
        assert.strictEqual(refused.status, 401)
        assert.notInclude(refused.text, "Entity")
        const byAddress = yield* fetch(`/graphql?query=${encodeURIComponent(query)}`, { headers })
        assert.strictEqual(byAddress.status, 401)
        assert.notInclude(byAddress.text, "Entity")
      }
    })
  )
})
