// Card numbers put everywhere that a caller can write to: no door takes one, keeps one, logs one or sends one back.
import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { developmentKey } from "../../src/db/seedData.ts"
import { passesLuhn } from "../../src/kernel/cardNumbers.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { type Answer, at, create, declared, Doors, doors, newSession } from "./support.ts"

const numberOf = (others: string): string =>
  [..."0123456789"].map((digit) => others + digit).find(passesLuhn) ?? others

const plain = [numberOf("492912345678901"), numberOf("542523343010987"), numberOf("37144963539816")]
const grouped = (separator: string) =>
  plain.map((number) => number.replaceAll(/(.{4})(?=.)/g, `$1${separator}`))
const fullWidth = plain.map((number) =>
  number.replaceAll(/[0-9]/g, (digit) => String.fromCodePoint(0xff10 + Number(digit)))
)
/** What a header and a name may have in it. */
const ascii = [...plain, ...grouped("-"), ...grouped("."), ...grouped("_"), `${plain[0]}x`]
const everyForm = [...ascii, ...grouped(" "), ...grouped("/"), ...fullWidth]
/** One of each way to write it. Every form is tried at few places, and these at the hundreds of a declaration. */
const oneOfEach = [
  plain,
  grouped("-"),
  grouped("."),
  grouped(" "),
  grouped("/"),
  fullWidth,
  [`${plain[0]}x`]
].flatMap((forms, nr) => forms.slice(nr % forms.length, (nr % forms.length) + 1))

const holdsCanary = (text: string): boolean => everyForm.some((form) => text.includes(form))

const declaration = {
  ...declared,
  orderReference: "order-1",
  product: "ruo_compounds",
  theme: { colour: "blue" },
  metadata: { note: "a note" },
  redirects: { successUrl: "https://a.example/", cancelUrl: "https://b.example/" }
}
const withPriceData = {
  ...declaration,
  intent: {
    type: "line_items",
    lineItems: [
      { quantity: 1, priceData: { amountCents: 100, currency: "USD", name: "A", product: "ruo_compounds" } }
    ]
  }
}
const withPlan = { ...declaration, intent: { type: "subscription_plan", planKey: "plan" } }
const withAmount = { ...declaration, intent: { type: "amount", amountCents: 100, currency: "USD" } }
const bodies = [declaration, withPriceData, withPlan, withAmount]
const bodiesFor = (canary: string) => (oneOfEach.includes(canary) ? bodies : [])
const confirmation = { vaultToken: { vaultId: "stub", tokenRef: "tok_captured" }, riskLevel: "low" }

/** A value with the canary in the place of each of its texts and numbers in turn, and as a name beside the labels. */
const spoilt = (value: unknown, canary: string): ReadonlyArray<unknown> => {
  if (typeof value === "string") return [canary, `${value} ${canary}`]
  if (typeof value === "number") return /^[0-9]+$/.test(canary) ? [Number(canary)] : []
  if (Array.isArray(value))
    return value.flatMap((part, i) => spoilt(part, canary).map((bad) => value.with(i, bad)))
  if (typeof value !== "object" || value === null) return []
  return [
    ...Object.entries(value).flatMap(([key, part]) =>
      spoilt(part, canary).map((bad) => ({ ...value, [key]: bad }))
    ),
    { ...value, [canary]: "a name" }
  ]
}

/** Every text of every row of every table. */
const everyRow = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const tables = yield* sql<{
    readonly name: string
  }>`select table_name as name from information_schema.tables
    where table_schema = 'payments' and table_type = 'BASE TABLE'`
  const contents = yield* Effect.forEach(
    tables,
    ({ name }) =>
      sql<{
        readonly rows: string | null
      }>`select string_agg(t::text, ' ') as rows from ${sql(`payments.${name}`)} t`
  )
  assert.isAbove(tables.length, 10)
  return contents.flatMap((rows) => rows.map((row) => row.rows ?? "")).join("\n")
})

const ofTheOwner = Layer.unwrap(Effect.map(TestDatabase, ({ connect }) => connect("payments_owner", 2)))

const rest = Effect.fnUntraced(function* (
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {}
) {
  return yield* (yield* Doors).fetch(path, {
    method,
    headers: {
      authorization: `Bearer ${developmentKey.key}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) })
  })
})

const sessions = "/v1/payment-sessions"

/** Nothing was sent back, logged or kept. */
const nothingStays = Effect.fnUntraced(function* (answers: ReadonlyArray<Answer>) {
  for (const { text, headers } of answers) {
    assert.isFalse(holdsCanary(text), text)
    assert.isFalse(holdsCanary(JSON.stringify(Object.fromEntries(headers))), text)
  }
  const { log, traced } = yield* Doors
  assert.isAtLeast(log.length, answers.length)
  assert.include(traced(), "admit_api_key")
  assert.isFalse(holdsCanary(traced()), "a canary is in a trace")
  for (const line of log) assert.isFalse(holdsCanary(line), line)
  const rows = yield* Effect.provide(everyRow, ofTheOwner)
  assert.include(rows, declared.customer)
  assert.isFalse(holdsCanary(rows), "a canary is in the database")
})

layer(doors, { timeout: "60 seconds" })("a card number", (it) => {
  it.effect("in any field of REST is refused and leaves nothing behind", () =>
    Effect.gen(function* () {
      const session = yield* newSession()
      const answers: Array<Answer> = []
      for (const canary of everyForm) {
        for (const body of bodiesFor(canary).flatMap((one) => spoilt(one, canary))) {
          answers.push(yield* rest("POST", sessions, body))
        }
        for (const body of spoilt(confirmation, canary)) {
          answers.push(yield* rest("POST", `${sessions}/${session}/confirm`, body))
        }
      }
      for (const answer of answers) assert.oneOf(answer.status, [400, 422], answer.text)
      yield* nothingStays(answers)
    })
  )

  it.effect("in Base64 is refused wherever a text would be kept, at both doors, and is not kept", () =>
    Effect.gen(function* () {
      const encoded = [
        Buffer.from(plain[0] ?? "").toString("base64"),
        Buffer.from(`{"number":"${plain[1]}"}`).toString("base64url")
      ]
      for (const canary of encoded) {
        for (const body of bodies.flatMap((one) => spoilt(one, canary))) {
          const { status, text } = yield* rest("POST", sessions, body)
          assert.oneOf(status, [400, 422], text)
        }
        const refused = yield* create({ ...declared, metadata: { note: `see ${canary}` } })
        assert.strictEqual(at(refused, "code"), "invalid_input")
      }
      const rows = yield* Effect.provide(everyRow, ofTheOwner)
      for (const canary of encoded) assert.notInclude(rows, canary)
    })
  )

  it.effect("in any header or path of REST is refused or replaced, and leaves nothing behind", () =>
    Effect.gen(function* () {
      const session = yield* newSession()
      const answers: Array<Answer> = []
      for (const canary of ascii) {
        const kept = { "idempotency-key": canary }
        for (const [path, body] of [
          [sessions, declared],
          [`${sessions}/${session}/confirm`, confirmation],
          [`${sessions}/${session}/fulfilment`, undefined]
        ] as const) {
          const refused = yield* rest("POST", path, body, kept)
          assert.oneOf(refused.status, [400, 422], refused.text)
          answers.push(refused)
        }
        const renamed = yield* rest("GET", `${sessions}/${session}`, undefined, { "x-request-id": canary })
        assert.match(renamed.headers.get("x-request-id") ?? "", /^req_/)
        answers.push(
          renamed,
          yield* rest("POST", sessions, declared, { "content-type": canary }),
          yield* rest("GET", `${sessions}/${session}`, undefined, { authorization: `Bearer ${canary}` }),
          yield* rest("GET", `${sessions}/${session}`, undefined, { "x-something": canary })
        )
      }
      for (const between of [".", "_", "-", ":"]) {
        const named = { "x-request-id": `a${between}4111.1111${between}1111${between}1111` }
        const renamed = yield* rest("GET", `${sessions}/${session}`, undefined, named)
        assert.match(renamed.headers.get("x-request-id") ?? "", /^req_/)
      }
      for (const canary of everyForm.map(encodeURIComponent)) {
        for (const id of [canary, `ps_${canary}`, `ps_${canary.slice(0, 16)}${"A".repeat(10)}`]) {
          for (const [method, path] of [
            ["GET", `${sessions}/${id}`],
            ["POST", `${sessions}/${id}/cancel`],
            ["POST", `${sessions}/${id}/fulfilment`]
          ] as const) {
            answers.push(yield* rest(method, path))
          }
          answers.push(yield* rest("POST", `${sessions}/${id}/confirm`, confirmation))
        }
        answers.push(yield* rest("GET", `/${canary}`), yield* rest("GET", `/health?note=${canary}`))
      }
      yield* nothingStays(answers)
    })
  )

  it.effect("in any argument of GraphQL is refused and leaves nothing behind", () =>
    Effect.gen(function* () {
      const { ask } = yield* Doors
      const session = yield* newSession()
      const answers: Array<Answer> = []
      const preview = {
        entity: "loop_bio_labs",
        product: "ruo_compounds",
        amountCents: 100,
        currency: "USD",
        country: "US",
        bin: "424242",
        cardBrand: "visa",
        risk: "low",
        sessionId: session
      }
      for (const canary of everyForm) {
        for (const input of bodiesFor(canary).flatMap((one) => spoilt(one, canary))) {
          answers.push(
            yield* ask(
              `mutation ($input: CreatePaymentSessionInput!) { createPaymentSession(input: $input) {
                ... on CreatePaymentSessionPayload { session { sessionId customer theme metadata orderReference } }
                ... on Refusal { code field message } } }`,
              { variables: { input } }
            )
          )
        }
        for (const input of spoilt({ session, ...confirmation }, canary)) {
          answers.push(
            yield* ask(
              `mutation ($input: ConfirmPaymentSessionInput!) { confirmPaymentSession(input: $input) {
                ... on ConfirmPaymentSessionPayload { session { sessionId } }
                ... on UnknownSession { sessionId } ... on Refusal { code field message } } }`,
              { variables: { input } }
            )
          )
        }
        for (const input of spoilt(preview, canary)) {
          answers.push(
            yield* ask(
              `query ($input: RoutingPreviewInput!) { routingPreview(input: $input) {
                ... on RoutingPreview { chosen { midId } } ... on Refusal { code field message } } }`,
              { variables: { input } }
            )
          )
        }
        const global = btoa(`PaymentSession:${encodeURIComponent(canary)}`)
        const questions = [
          `mutation ($c: String!) { createPaymentSession(idempotencyKey: $c, input: { customer: "a", brand: "loop-bio",
            entity: "loop_bio_labs", mode: "hosted", intent: { type: "line_items",
            lineItems: [{ providerPriceRef: "price_bpc157", quantity: 1 }] } }) {
            __typename ... on Refusal { code field message } } }`,
          `mutation ($c: String!) { confirmPaymentSession(idempotencyKey: $c, input: { session: "${session}",
            vaultToken: { vaultId: "stub", tokenRef: "tok_captured" } }) {
            __typename ... on Refusal { code field message } } }`,
          `mutation ($c: String!) { claimFulfilment(session: "${session}", idempotencyKey: $c) {
            __typename ... on Refusal { code field message } } }`,
          `mutation ($c: String!) { refundPayment(idempotencyKey: $c, input: { session: "${session}", reason: "a" }) {
            __typename ... on Refusal { code field message } } }`,
          `mutation ($c: String!) { refundPayment(input: { session: "${session}", reason: $c }) {
            __typename ... on Refusal { code field message } } }`,
          `mutation ($c: String!) { refundPayment(input: { session: "${session}", reason: "a", processorReference: $c }) {
            __typename ... on Refusal { code field message } } }`,
          `mutation ($c: ID!) { claimFulfilment(session: $c) { ... on UnknownSession { sessionId message } } }`,
          `mutation ($c: ID!) { cancelPaymentSession(session: $c) { ... on UnknownSession { sessionId message } } }`,
          `mutation ($c: String!) { setMidKillSwitch(mid: "mid_bio_1", on: false, reason: $c) {
            __typename ... on Refusal { code field message } } }`,
          `mutation ($c: ID!) { setMidKillSwitch(mid: $c, on: false, reason: "why") {
            ... on UnknownMid { midId message } } }`,
          `query ($c: ID!) { session(id: $c) { sessionId } }`,
          `query ($c: ID!) { merchantAccount(id: $c) { midId } }`,
          `query ($c: ID!) { merchantAccounts(entity: $c) { nodes { midId } } }`,
          `query ($c: ID!) { sessions(filter: { entity: $c }) { nodes { sessionId } } }`,
          `query ($c: String!) { sessions(after: $c) { nodes { sessionId } } }`,
          `query ($c: ID!) { node(id: $c) { id } }`,
          `query ($c: Int!) { sessions(first: $c) { nodes { sessionId } } }`
        ]
        for (const question of questions) {
          const answer = yield* ask(question, { variables: { c: canary } })
          assert.notMatch(answer.text, /Payload/, question)
          answers.push(answer)
          if (oneOfEach.includes(canary)) answers.push(yield* ask(question, { variables: { c: global } }))
        }
        answers.push(
          yield* ask(`{ session(id: ${JSON.stringify(canary)}) { sessionId } }`),
          yield* ask(`{ sessions(filter: { states: ${JSON.stringify(canary)} }) { nodes { sessionId } } }`),
          yield* ask(`{ ${canary} }`)
        )
      }
      for (const number of plain) {
        const alias = `{ a${number}: session(id: "x") { sessionId } }`
        for (const query of [
          alias,
          alias,
          `query q${number} { __typename }`,
          `query ($v${number}: ID!) { session(id: $v${number}) { sessionId } }`,
          `{ f${number} }`,
          `{ session(id: "x") { ...f${number} } }`,
          `{ merchantAccounts(first: ${number}) { nodes { midId } } }`
        ]) {
          answers.push(yield* ask(query))
        }
      }
      yield* nothingStays(answers)
    })
  )

  it.effect("is not seen in the ids that people give their orders", () =>
    Effect.gen(function* () {
      for (const id of [
        "1001",
        "20261121-000123",
        "550e8400-e29b-41d4-a716-446655440000",
        "01JD0000000000000000000000"
      ]) {
        const made = yield* create(
          { ...declared, customer: id, orderReference: id, metadata: { [id]: id } },
          id
        )
        assert.strictEqual(at(made, "__typename"), "CreatePaymentSessionPayload", id)
      }
    })
  )
})
