import { assert, it } from "@effect/vitest"
import { Context, Duration, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { developmentIdOf } from "../../src/db/access/keyHash.ts"
import { developmentKey } from "../../src/db/seedData.ts"
import type { RateLimits } from "../../src/kernel/limits/RateLimits.ts"
import { PaymentLedger } from "../../src/kernel/PaymentLedger.ts"
import { at, confirm, declared, Doors, field, houseWith, newSession, openDoors } from "../graphql/support.ts"
import { asOwner } from "../access/support.ts"
import { giveKey } from "../support/apiKeys.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

// Limits hold at n and at n + 1, over processes, and cost nobody anything but the wait.

/** So many, and no more while a test runs. */
const only = (atOnce: number) => ({ atOnce, every: Duration.hours(1) })

/** A process of the service, with limits of its own, on the test's database. */
const process = (limits: RateLimits) =>
  Effect.map(
    Layer.build(
      Layer.fresh(openDoors().pipe(Layer.provideMerge(houseWith(limits)))).pipe(
        Layer.provide(Layer.unwrap(Effect.map(TestDatabase, ({ connect }) => connect("payments_app"))))
      )
    ),
    (services) => ({ doors: Context.get(services, Doors), ledger: Context.get(services, PaymentLedger) })
  )

type Process = Effect.Success<ReturnType<typeof process>>

const through = ({ doors }: Process) => Effect.provideService(Doors, doors)

const owner = Effect.fnUntraced(function* (statement: string) {
  const { connect } = yield* TestDatabase
  return yield* Effect.gen(function* () {
    return yield* (yield* SqlClient.SqlClient).unsafe<Readonly<Record<string, unknown>>>(statement)
  }).pipe(Effect.provide(connect("payments_owner", 1), { local: true }))
})

const count = (from: string) =>
  Effect.map(owner(`select count(*)::int as n from ${from}`), ([row]) => Number(row?.["n"]))

let keys = 0

/** A key that nobody has asked with. */
const newKey = Effect.gen(function* () {
  const key = `sk_limits_${++keys}`
  yield* owner(giveKey(key, key))
  return key
})

const rest = ({ doors }: Process, key: string, path: string, body?: unknown) =>
  doors.fetch(path, {
    method: body === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) })
  })

const graphql = ({ doors }: Process, key: string, body: string) =>
  doors.fetch("/graphql", {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body
  })

const nobody = "/v1/payment-sessions/ps_01JD0000000000000000000000"

/** What a key's limit says of so many requests, one after the other. */
const statuses = Effect.fnUntraced(function* (asked: Process, key: string, times: number) {
  const seen: Array<number> = []
  for (let nr = 0; nr < times; nr++) seen.push((yield* rest(asked, key, nobody)).status)
  return seen
})

/** Sessions that some gateway was asked for, by the cards of a test. */
const charged = (tokens: ReadonlyArray<string>) =>
  count(
    `(select distinct session_id from payments.attempts where token_ref in (${tokens.map((one) => `'${one}'`).join()})) tried`
  )

const entries = count("stub_gateway.entries")

const goLive = asOwner(
  "update merchant_accounts set live = true where entity_id = 'loop_bio_labs'",
  `insert into passed_gates (mid_id, gate, passed_by, evidence)
    select mid_id, gate, case gate when 'banking' then 'a banker' else 'an officer' end, 'a letter' from merchant_accounts,
      unnest(array['counsel', 'banking', 'credentials', 'contract_run']) gate
    where live on conflict do nothing`
)

/** Tokens of cards that nobody else uses; each is a card of its own. */
const cards = (length: number, of: string) =>
  Array.from({ length }, (_, nr) => {
    const hash = Buffer.from(`${of} ${nr}`).toString("hex").padEnd(24, "0").slice(0, 24)
    return `tok_stub_visa_b424242_l4242_x1299_${hash}`
  })

const confirmQuery = `mutation ($input: ConfirmPaymentSessionInput!, $key: String) {
  confirmPaymentSession(input: $input, idempotencyKey: $key) {
    __typename
    ... on ConfirmPaymentSessionPayload { outcome state }
    ... on RateLimited { code field message limit retryAfterSeconds }
    ... on Refusal { code }
  } }`

const pay = (session: string, tokenRef: string, key?: string) =>
  field(confirmQuery, "confirmPaymentSession", {
    input: { session, vaultToken: { vaultId: "stub", tokenRef } },
    key
  })

it.layer(TestDatabase.layer, { excludeTestServices: true, timeout: 60_000 })(
  "what is asked too often",
  (it) => {
    it.effect("a key is refused at n + 1 and not at n, at both doors, and is told for how long", () =>
      Effect.gen(function* () {
        const one = yield* process({ requests: only(3) })
        const key = yield* newKey
        assert.deepStrictEqual(yield* statuses(one, key, 3), [404, 404, 404])
        const refused = yield* rest(one, key, nobody)
        assert.strictEqual(refused.status, 429)
        const seconds = Number(refused.headers.get("retry-after"))
        assert.isAtLeast(seconds, 3590)
        assert.isAtMost(seconds, 3600)
        assert.deepInclude(at(refused.json, "error"), {
          code: "rate_limited",
          field: "Authorization",
          details: { limit: "requests", retryAfterSeconds: seconds }
        })
        const byGraphql = yield* graphql(one, key, `{"query":"{ __typename }"}`)
        assert.strictEqual(byGraphql.status, 429)
        assert.isNotNull(byGraphql.headers.get("retry-after"))
        assert.deepInclude(at(byGraphql.json, "errors", 0, "extensions"), {
          code: "rate_limited",
          limit: "requests"
        })
        // Nobody else waits for it.
        assert.deepStrictEqual(yield* statuses(one, yield* newKey, 1), [404])
      }).pipe(Effect.scoped)
    )

    it.effect("a token comes back after its time, and no more than one for each time", () =>
      Effect.gen(function* () {
        const one = yield* process({ requests: only(2) })
        const key = yield* newKey
        const passes = (interval: string) =>
          owner(
            `update payments.rate_buckets set full_at = full_at - interval '${interval}' where bucket like '%${developmentIdOf(key)}'`
          )
        assert.deepStrictEqual(yield* statuses(one, key, 3), [404, 404, 429])
        yield* passes("59 minutes")
        assert.deepStrictEqual(yield* statuses(one, key, 1), [429])
        yield* passes("1 minute")
        assert.deepStrictEqual(yield* statuses(one, key, 2), [404, 429])
        yield* passes("10 days")
        assert.deepStrictEqual(yield* statuses(one, key, 3), [404, 404, 429])
      }).pipe(Effect.scoped)
    )

    it.effect("holds over two processes that ask at once", () =>
      Effect.gen(function* () {
        const [one, other] = [yield* process({ requests: only(10) }), yield* process({ requests: only(10) })]
        const key = yield* newKey
        const answers = yield* Effect.all(
          Array.from({ length: 24 }, (_, nr) => rest(nr % 2 === 0 ? one : other, key, nobody)),
          { concurrency: "unbounded" }
        )
        assert.strictEqual(answers.filter(({ status }) => status === 404).length, 10)
        assert.strictEqual(answers.filter(({ status }) => status === 429).length, 14)
      }).pipe(Effect.scoped)
    )

    it.effect("a key's bucket is emptied by nobody who knows its public id alone", () =>
      Effect.gen(function* () {
        const one = yield* process({ requests: only(1) })
        const given = at(
          yield* field(
            `mutation { createApiKey(principal: "limited", operations: [sessions_read]) {
          ... on CreateApiKeyPayload { key } } }`,
            "createApiKey"
          ).pipe(through(one)),
          "key"
        )
        const key = String(given)
        const forged = `${key.slice(0, 20)}${"x".repeat(43)}`
        for (let tries = 0; tries < 3; tries++) assert.deepStrictEqual(yield* statuses(one, forged, 1), [401])
        assert.deepStrictEqual(yield* statuses(one, key, 2), [404, 429])
      }).pipe(Effect.scoped)
    )

    it.effect("payments of a key are counted apart from what it reads, however their name is written", () =>
      Effect.gen(function* () {
        const one = yield* process({ payments: only(2) })
        const key = yield* newKey
        const sessions = yield* count("payments.payment_sessions")
        const escaped = `{"query":"mutation { \\u0063reatePaymentSession(input: {}) { __typename } }"}`
        // What is not carried out is counted as well: whoever tries, tries.
        assert.isDefined(at((yield* graphql(one, key, escaped)).json, "errors", 0))
        assert.strictEqual((yield* rest(one, key, "/v1/payment-sessions", declared)).status, 201)
        const refused = yield* rest(one, key, "/v1/payment-sessions", declared)
        assert.strictEqual(refused.status, 429)
        assert.strictEqual(at(refused.json, "error", "details", "limit"), "payments")
        assert.strictEqual((yield* graphql(one, key, escaped)).status, 429)
        assert.strictEqual((yield* rest(one, key, `${nobody}/confirm`, {})).status, 429)
        assert.strictEqual(yield* count("payments.payment_sessions"), sessions + 1)
        assert.deepStrictEqual(yield* statuses(one, key, 5), [404, 404, 404, 404, 404])
        assert.strictEqual((yield* graphql(one, key, `{"query":"{ __typename }"}`)).status, 200)
      }).pipe(Effect.scoped)
    )

    it.effect("buckets that are full again are forgotten, and no others", () =>
      Effect.gen(function* () {
        const { ledger } = yield* process({})
        yield* owner("delete from payments.rate_buckets")
        yield* owner(
          "insert into payments.rate_buckets select 'card:' || n, now() + (n - 3) * interval '1 minute' from generate_series(1, 6) n"
        )
        yield* ledger.expireDue(10)
        const left = yield* owner("select bucket from payments.rate_buckets order by 1")
        assert.deepStrictEqual(
          left.map(({ bucket }) => bucket),
          ["card:4", "card:5", "card:6"]
        )
      }).pipe(Effect.scoped)
    )
  }
)

it.layer(TestDatabase.layer, { excludeTestServices: true, timeout: 60_000 })("card testing", (it) => {
  it.effect("many cards over one key: no gateway is asked beyond the limit", () =>
    Effect.gen(function* () {
      const one = yield* process({ payments: only(12) })
      const key = yield* newKey
      const tried = cards(10, "one key")
      const seen: Array<number> = []
      for (const tokenRef of tried) {
        const made = yield* rest(one, key, "/v1/payment-sessions", { ...declared, customer: tokenRef })
        seen.push(made.status)
        const id = String(at(made.json, "id"))
        if (made.status === 201) {
          const body = { vaultToken: { vaultId: "stub", tokenRef } }
          seen.push((yield* rest(one, key, `/v1/payment-sessions/${id}/confirm`, body)).status)
        }
      }
      assert.deepStrictEqual(seen, [
        ...Array.from({ length: 6 }, () => [201, 200]).flat(),
        429,
        429,
        429,
        429
      ])
      assert.strictEqual(yield* charged(tried), 6)
    }).pipe(Effect.scoped)
  )

  it.effect("many cards over one session: declines are capped, and a refusal writes nothing", () =>
    Effect.gen(function* () {
      // Beside the limit of cards, as it is shipped: neither takes the place of the other.
      const one = yield* process({ session: only(2), card: only(100) })
      yield* Effect.gen(function* () {
        const session = yield* newSession()
        for (const card of ["tok_hard_decline", "tok_insufficient_funds"]) {
          assert.strictEqual(at(yield* pay(session, card), "outcome"), "declined")
        }
        const rows = () =>
          owner(`select (select to_jsonb(s) from payments.payment_sessions s where session_id = '${session}') as s,
            (select count(*) from payments.audit where chain = '${session}') as audited,
            (select count(*) from payments.idempotency_keys where session_id = '${session}') as keys,
            (select jsonb_agg(b order by bucket) from payments.rate_buckets b) as buckets`)
        const before = { rows: yield* rows(), entries: yield* entries }
        const refused = yield* pay(session, "tok_captured", "key of the third")
        assert.deepInclude(refused, {
          __typename: "RateLimited",
          code: "rate_limited",
          field: "session",
          limit: "session"
        })
        assert.isAtLeast(Number(at(refused, "retryAfterSeconds")), 3590)
        assert.deepStrictEqual({ rows: yield* rows(), entries: yield* entries }, before)
        // At REST the same, with the header; and another session goes on.
        const byRest = yield* rest(one, developmentKey.key, `/v1/payment-sessions/${session}/confirm`, {
          vaultToken: { vaultId: "stub", tokenRef: "tok_captured" }
        })
        assert.strictEqual(byRest.status, 429)
        assert.isAtLeast(Number(byRest.headers.get("retry-after")), 3590)
        assert.strictEqual(at(yield* pay(yield* newSession(), "tok_captured"), "outcome"), "settled")
        // The key was not spent: when the time has passed, the very same request is carried out.
        yield* owner(`update payments.rate_buckets set full_at = now() where bucket = 'session:${session}'`)
        assert.strictEqual(at(yield* pay(session, "tok_captured", "key of the third"), "outcome"), "settled")
        // And asked again it is answered, however empty the bucket is.
        yield* owner(
          `update payments.rate_buckets set full_at = now() + interval '1 day' where bucket = 'session:${session}'`
        )
        assert.strictEqual(at(yield* pay(session, "tok_captured", "key of the third"), "outcome"), "settled")
      }).pipe(through(one))
    }).pipe(Effect.scoped)
  )

  it.effect("one card over many sessions and keys: at two processes at once no more than the limit", () =>
    Effect.gen(function* () {
      yield* goLive
      const [one, other] = [
        yield* process({ card: only(3), session: only(2) }),
        yield* process({ card: only(3), session: only(2) })
      ]
      const [card = "", second = ""] = cards(2, "one card")
      // Typed in again, it has another token; the vault knows it by its fingerprint.
      const tokens = [card, card.replace("_x1299_", "_x1199_"), card.replace("_x1299_", "_x1099_")]
      const sessions = yield* Effect.all(Array.from({ length: 9 }, () => newSession())).pipe(through(one))
      const answers = yield* Effect.all(
        sessions.map((session, nr) =>
          pay(session, tokens[nr % 3] ?? "").pipe(through(nr % 2 === 0 ? one : other))
        ),
        { concurrency: "unbounded" }
      )
      const refused = answers.filter((answer) => at(answer, "limit") === "card")
      assert.strictEqual(refused.length, 6)
      assert.strictEqual(yield* charged(tokens), 3)
      assert.deepInclude(refused[0], { code: "rate_limited", field: "vaultToken" })
      // A card's refusal takes nothing from the session's own bucket, and stands against no other card.
      const left = sessions.find((_, nr) => at(answers[nr], "limit") === "card") ?? ""
      assert.strictEqual(yield* count(`payments.rate_buckets where bucket = 'session:${left}'`), 0)
      assert.strictEqual(at(yield* pay(left, second).pipe(through(one)), "outcome"), "settled")
    }).pipe(Effect.scoped)
  )

  it.effect("test accounts count no cards, because everybody tries with the same ones", () =>
    Effect.gen(function* () {
      yield* asOwner("update merchant_accounts set live = false")
      const one = yield* process({ card: only(1) })
      yield* Effect.gen(function* () {
        const [card = ""] = cards(1, "tests")
        for (let nr = 0; nr < 3; nr++) {
          assert.strictEqual(at(yield* confirm(yield* newSession(), card), "outcome"), "settled")
        }
      }).pipe(through(one))
    }).pipe(Effect.scoped)
  )
})
