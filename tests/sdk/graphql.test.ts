// Operations over GraphQL: typed, repeated where that is safe, on the same keys as everything else.
import type { TypedDocumentNode } from "@graphql-typed-document-node/core"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { parse, print, visit } from "graphql"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, expectTypeOf, it as plain } from "vitest"
import { operationTypes } from "../../scripts/sdk/operationTypes.ts"
import * as Sdk from "../../packages/sdk/src/graphql.ts"
import { createPayments } from "../../packages/sdk/src/index.ts"
import { printDocument } from "../../packages/sdk/src/printDocument.ts"
import { developmentKey } from "../../src/db/seedData.ts"
import { schema } from "../../src/graphql/schema.ts"
import { Doors, doors } from "../graphql/support.ts"
import { badGateway, cut, type Scripted, scripted } from "./scripted.ts"

const { graphql } = Sdk
const sources = readFileSync(
  join(import.meta.dirname, "..", "..", "packages", "sdk", "operations", "operations.graphql"),
  "utf8"
)

const data = (value: unknown): Scripted => ({ status: 200, json: { data: value } })
const errors = (status: number, code: string, more: object = {}): Scripted => ({
  status,
  json: { errors: [{ message: `told as ${code}`, extensions: { code } }], ...more }
})
const input = { session: "ps_1", reason: "one came back", amount: 500 }
const refunded = data({ refundPayment: { __typename: "RefundPaymentPayload" } })

const own: TypedDocumentNode<
  { readonly refundPayment: { readonly __typename: string } },
  { readonly why: string; readonly myKey?: string }
> = parse(`mutation Mine($why: String!, $myKey: String) {
  refundPayment(input: { session: "ps_1", amount: 500, reason: $why }, idempotencyKey: $myKey) { __typename }
}`)

describe("a mutation with an idempotency key", () => {
  const runs = {
    "that ships": (client: ReturnType<typeof scripted>) =>
      graphql(client.payments, Sdk.RefundPayment, { input }),
    "of one's own": (client: ReturnType<typeof scripted>) =>
      graphql(client.payments, own, { why: "one came back" })
  }
  for (const [name, run] of Object.entries(runs)) {
    const keysOf = ({ seen }: ReturnType<typeof scripted>) =>
      seen.map(({ body }) => {
        const key = /"(?:idempotencyKey|myKey)":"(sdk_[a-p]{32})"/.exec(JSON.stringify(body))?.[1]
        if (key === undefined) throw new Error(JSON.stringify(body))
        return key
      })

    plain(`${name} keeps its key until there is proof, whatever is heard instead`, async () => {
      const silent = data({ refundPayment: { __typename: "LedgerUnavailable", message: "perhaps" } })
      const unknown = [
        cut,
        badGateway,
        silent,
        errors(200, "INTERNAL", { data: null }),
        errors(503, "LEDGER_UNAVAILABLE")
      ]
      for (const heard of unknown) {
        const client = scripted([heard, refunded, refunded], { retries: { tries: 1 } })
        expect(await run(client).result()).toMatchObject({ ok: false, error: { code: "outcome_unknown" } })
        await run(client)
        await run(client)
        const [first, again, next] = keysOf(client)
        expect(again).toBe(first)
        expect(next).not.toBe(first)
      }
    })

    plain(
      `${name} keeps its key while a second person is waited for: under it is told what came of that`,
      async () => {
        const waits = data({
          refundPayment: { __typename: "NeedsApproval", message: "this takes two persons" }
        })
        const client = scripted([waits, waits, refunded, refunded])
        for (const _ of [1, 2, 3, 4]) await run(client)
        const [first, again, signed, next] = keysOf(client)
        expect([again, signed]).toEqual([first, first])
        expect(next).not.toBe(first)
      }
    )

    plain(`${name} answers a refusal as data, unless an earlier try may have been done`, async () => {
      const refusal = data({
        refundPayment: { __typename: "RefundBlocked", code: "refund_blocked", message: "wait" }
      })
      const client = scripted([refusal, cut, refusal, refunded])
      expect(await run(client)).toMatchObject({ refundPayment: { __typename: "RefundBlocked" } })
      expect(await run(client).result()).toMatchObject({
        ok: false,
        error: {
          code: "outcome_unknown",
          details: { because: "refused_later", told: { code: "RefundBlocked" } }
        }
      })
      expect(await run(client)).toMatchObject({ refundPayment: { __typename: "RefundPaymentPayload" } })
      const [first, second, third, fourth] = keysOf(client)
      expect(second).not.toBe(first)
      expect([third, fourth]).toEqual([second, second])
    })
  }

  plain("goes out under a key of the app's own when it has one, wherever that is said", async () => {
    const client = scripted([refunded])
    await graphql(client.payments, Sdk.RefundPayment, { input, idempotencyKey: "mine" })
    await graphql(client.payments, Sdk.RefundPayment, { input }, { idempotencyKey: "mine" })
    expect(client.seen.map(({ body }) => body)).toEqual([
      { query: Sdk.RefundPayment.text, variables: { input, idempotencyKey: "mine" } },
      { query: Sdk.RefundPayment.text, variables: { input, idempotencyKey: "mine" } }
    ])
  })

  plain("is not sent when nobody could read what came of it", async () => {
    const client = scripted([refunded])
    const blind = parse(`mutation ($key: String) {
      claimFulfilment(session: "ps_1", idempotencyKey: $key) { ... on ClaimFulfilmentPayload { fulfilment } }
    }`)
    await expect(graphql(client.payments, blind, {})).rejects.toThrow(/select __typename/)
    await expect(graphql(client.payments, parse("query A { a } query B { b }"), {})).rejects.toThrow(
      TypeError
    )
    expect(client.seen).toHaveLength(0)
  })
})

describe("a mutation without a key", () => {
  plain("is sent once, because it could be done twice", async () => {
    const client = scripted([cut])
    const lost = await graphql(client.payments, Sdk.CreateEventSubscription, {
      url: "https://shop.example"
    }).result()
    expect(lost).toMatchObject({ ok: false, error: { code: "outcome_unknown", idempotencyKey: null } })
    expect(client.seen).toHaveLength(1)
  })
})

describe("a query", () => {
  plain("is asked again, and tells errors as what they are", async () => {
    const { payments, seen } = scripted([cut, badGateway, data({ session: null })])
    expect(await graphql(payments, Sdk.Session, { id: "ps_1" })).toEqual({ session: null })
    expect(seen).toHaveLength(3)
    const refused = scripted([errors(400, "BAD_REQUEST")])
    expect(await graphql(refused.payments, Sdk.Session, { id: "" }).result()).toMatchObject({
      ok: false,
      error: {
        code: "graphql_refused",
        message: "told as BAD_REQUEST",
        details: { errors: [{ code: "BAD_REQUEST", path: null }] }
      }
    })
    expect(refused.seen).toHaveLength(1)
    const broken = scripted([errors(200, "INTERNAL", { data: null })])
    expect(await graphql(broken.payments, Sdk.Session, { id: "" }).result()).toMatchObject({
      ok: false,
      error: { code: "unavailable" }
    })
    expect(broken.seen).toHaveLength(4)
  })
})

describe("the types of operations", () => {
  plain("are those of the schema: unions by name, null where it may be, lists that are only read", () => {
    type Created = Sdk.CreatePaymentSessionData["createPaymentSession"]
    expectTypeOf<Extract<Created, { __typename: "CreatePaymentSessionPayload" }>["url"]>().toEqualTypeOf<
      string | null
    >()
    expectTypeOf<
      NonNullable<Extract<Created, { __typename: "OrderAlreadyDeclared" }>["state"]>
    >().toEqualTypeOf<Sdk.SessionState>()
    expectTypeOf<Created["__typename"]>().extract<"UnknownPlan">().not.toBeNever()
    expectTypeOf<Sdk.SessionVariables>().toEqualTypeOf<{ readonly id: string }>()
    const client = scripted([refunded])
    expectTypeOf(graphql(client.payments, own, { why: "" })).resolves.toEqualTypeOf<{
      readonly refundPayment: { readonly __typename: string }
    }>()
  })

  plain("cannot be made of a document that the schema does not know", () => {
    expect(() => operationTypes(schema, "query A { nothing }")).toThrow(/nothing/)
    expect(() => operationTypes(schema, "{ __typename }")).toThrow(/needs a name/)
  })
})

describe("a document that was parsed", () => {
  const tricky =
    `query Tricky($a: [Int!]! = [1, 2], $b: In = { x: "q\\"\\n\\u00fc", y: null, z: [A, 1.5e3, true] } @d(e: 1)) @f {
    one: first(a: $a, b: { c: $b }) @include(if: $c) { ... on T @g { x } ... @h { y } ...F @i z { __typename } }
  } fragment F on T @j { """x""" s(t: """block "quoted" text""") } mutation M { m }`.replace('"""x""" ', "")

  plain("is printed as the text that it was parsed from says", () => {
    const bare = (text: string): string =>
      JSON.stringify(
        visit(parse(text, { noLocation: true }), { StringValue: (node) => ({ ...node, block: false }) })
      )
    for (const text of [tricky, sources.replaceAll(/"""[^]*?"""\n/g, "")]) {
      const printed = printDocument(parse(text))
      expect(bare(printed)).toBe(bare(print(parse(text))))
      expect(printed.length).toBeLessThan(print(parse(text)).length)
    }
    expect(() => printDocument(parse("type A { b: Int }"))).toThrow(TypeError)
  })
})

it.layer(doors, { excludeTestServices: true })("the operations that ship", (it) => {
  it.effect("are answered by the server as their types say", () =>
    Effect.gen(function* () {
      const { origin } = yield* Doors
      const payments = createPayments({ origin, apiKey: developmentKey.key })
      yield* Effect.promise(async () => {
        const { createPaymentSession: created } = await graphql(payments, Sdk.CreatePaymentSession, {
          input: {
            customer: "loop_user_1",
            brand: "loop-bio",
            entity: "loop_bio_labs",
            mode: "hosted",
            intent: { type: "line_items", lineItems: [{ providerPriceRef: "price_bpc157", quantity: 1 }] }
          }
        })
        if (created.__typename !== "CreatePaymentSessionPayload") return assert.fail(created.message)
        const { sessionId } = created.session
        const { confirmPaymentSession: confirmed } = await graphql(payments, Sdk.ConfirmPaymentSession, {
          input: { session: sessionId, vaultToken: { vaultId: "stub", tokenRef: "tok_captured" } }
        })
        if (confirmed.__typename !== "ConfirmPaymentSessionPayload") return assert.fail(confirmed.message)
        assert.strictEqual(confirmed.outcome, "settled")
        const { refundPayment: refund } = await graphql(payments, Sdk.RefundPayment, {
          input: { session: sessionId, amount: 900, reason: "one came back" }
        })
        if (refund.__typename !== "RefundPaymentPayload") return assert.fail(refund.message)
        const { cancelPaymentSession: cancelled } = await graphql(payments, Sdk.CancelPaymentSession, {
          session: sessionId
        })
        if (cancelled.__typename !== "SessionNotPayable") return assert.fail(cancelled.__typename)
        assert.strictEqual(cancelled.state, "settled")
        const { session } = await graphql(payments, Sdk.Session, { id: sessionId })
        assert.strictEqual(session?.captures[0]?.refundable.amount, 4000)
        const attempts = await graphql(payments, Sdk.Attempts, { first: 100, filter: { session: sessionId } })
        assert.strictEqual(attempts.attempts.nodes[0]?.decision.chosen.length, 3)
        const sessions = await graphql(payments, Sdk.Sessions, { first: 100 })
        assert.include(
          sessions.sessions.nodes.map((node) => node.sessionId),
          sessionId
        )
        const entities = await graphql(payments, Sdk.Entities, { first: 20 })
        assert.isAbove(entities.entities.nodes.length, 5)
        const preview = await graphql(payments, Sdk.PreviewRouting, {
          input: { entity: "loop_bio_labs", product: "ruo_compounds", amountCents: 100 }
        })
        assert.strictEqual(preview.routingPreview.__typename, "RoutingPreview")
        const url = "https://shop.example/events"
        const { createEventSubscription: first } = await graphql(payments, Sdk.CreateEventSubscription, {
          url
        })
        if (first.__typename !== "CreateEventSubscriptionPayload") return assert.fail(first.message)
        const { createEventSubscription: second } = await graphql(payments, Sdk.CreateEventSubscription, {
          url
        })
        assert.strictEqual(second.__typename, "AlreadySubscribed")
        const nobody = createPayments({ origin, apiKey: "sk_nobody" })
        const refused = await graphql(nobody, Sdk.Session, { id: sessionId }).result()
        if (refused.ok || refused.error.code !== "graphql_refused") return assert.fail("let in")
        assert.strictEqual(refused.error.details.errors[0]?.code, "unauthorized")
        return undefined
      })
    })
  )
})
