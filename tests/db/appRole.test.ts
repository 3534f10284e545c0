import { assert, it } from "@effect/vitest"
import { Effect, Layer, Redacted, Result } from "effect"
import { SqlClient } from "effect/sql"
import { mkdtempSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Database from "../../src/db/Database.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { Owner } from "./support/pgStorage.ts"
import { refusalOf } from "./support/refusal.ts"
import { refundDue } from "./support/pageScene.ts"
import * as v from "./support/reviewScene.ts"
import { declare, open, session } from "./support/scene.ts"

// What somebody could do who can make the app's own connections say any SQL that he likes: read what the app may
// read, and call the money steps. Nothing else.

const storage = Owner.layer.pipe(Layer.provideMerge(TestDatabase.appLayer))

/** Of these not all columns: the hash of a key is looked up by a function that is told it. */
const inPart: Readonly<Record<string, ReadonlyArray<string>>> = { "payments.api_keys": ["mac"] }

/** What the app may read. Idempotency keys, with the requests under them, are not among it. */
const readable = [
  "payments.api_keys",
  "payments.attempt_evidence",
  "payments.attempts",
  "payments.audit",
  "payments.audit_heads",
  "payments.brand_entities",
  "payments.brands",
  "payments.captures",
  "payments.disputes",
  "payments.entities",
  "payments.entity_underwriting",
  "payments.fulfilments",
  "payments.incidents",
  "payments.merchant_accounts",
  "payments.mid_underwriting",
  "payments.outbox",
  "payments.passed_gates",
  "payments.payment_sessions",
  "payments.plans",
  "payments.policy_version",
  "payments.postings",
  "payments.prices",
  "payments.principals",
  "payments.refund_evidence",
  "payments.refund_limits",
  "payments.refunds",
  "payments.retry_budgets",
  "payments.returns",
  "payments.routing_decisions"
]

const callable = [
  "action_of",
  "admit_api_key",
  "api_operations",
  "applied_migrations",
  "attempt_json",
  "audit_faults",
  "audit_hash",
  "cancel_session",
  "captures_json",
  "charge_heard",
  "claim_deliveries",
  "claim_events",
  "claim_fulfilment",
  "claim_searches",
  "claim_unresolved",
  "claim_unresolved_refunds",
  "claim_webhooks",
  "compare_returned",
  "create_subscription",
  "decide_change",
  "decide_review",
  "declare_session",
  "declared_before",
  "dispute_against",
  "dispute_json",
  "end_turn",
  "exchange_embed_token",
  "expire_changes",
  "expire_due",
  "expire_reviews",
  "fan_out_events",
  "find_refund",
  "forget_bodies",
  "give_api_key",
  "iso",
  "late_captures",
  "load_registry",
  "mark_delivered",
  "money_left",
  "open_attempt",
  "open_attempts",
  "open_refund",
  "operations_figures",
  "pass_gate",
  "raise_pages",
  "read_api_keys",
  "read_changes",
  "read_changes_by_id",
  "read_dead_letters",
  "read_deliveries",
  "read_pages",
  "read_review",
  "read_reviews",
  "read_subscriptions",
  "record_delivery",
  "record_dispute",
  "record_outcome",
  "record_outcomes",
  "record_refund",
  "record_return",
  "record_webhook",
  "refund_block",
  "refund_json",
  "refundable",
  "refundable_of",
  "replay_delivery",
  "replay_events",
  "replay_since",
  "replay_webhook",
  "request_change",
  "request_key",
  "request_review",
  "returns_of_session",
  "revoke_api_key",
  "revoke_gate",
  "rotate_secret",
  "said_captured",
  "session_json",
  "set_subscription_state",
  "settling_capture",
  "sign_refund",
  "stop_account",
  "take_over",
  "take_over_refunds",
  "take_turn",
  "take_webhook",
  "tell_changes",
  "turns_of",
  "waits_for",
  "withdraw_turn"
]

const denied = "42501"

it.layer(storage, { excludeTestServices: true })("the app's role", (it) => {
  const codeOf = Effect.fnUntraced(function* (statement: string) {
    const sql = yield* SqlClient.SqlClient
    const tried = yield* Effect.result(sql.unsafe(statement))
    return Result.isFailure(tried) ? (yield* refusalOf(tried.failure)).code : "allowed"
  })

  const tables = Effect.flatMap(
    Owner,
    (owner) => owner<{ readonly name: string; readonly col: string }>`
      select n.nspname || '.' || c.relname as name,
        (select attname from pg_attribute where attrelid = c.oid and attnum > 0 and attidentity = '' limit 1) as col
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname in ('payments', 'stub_gateway', 'cluster') and c.relkind in ('r', 'p', 'v', 'm') order by 1`
  )

  it.effect("reads what it is granted and nothing else", () =>
    Effect.gen(function* () {
      const read: Array<string> = []
      for (const { name } of yield* tables) {
        const code = yield* codeOf(`select from ${name}`)
        if (code === "allowed") read.push(name)
        else assert.strictEqual(code, denied, name)
      }
      assert.deepStrictEqual(read, readable)
    })
  )

  it.effect("reads no hash of a key", () =>
    Effect.gen(function* () {
      const columns = yield* (yield* Owner)<{ readonly name: string; readonly col: string }>`
        select n.nspname || '.' || c.relname as name, attname as col
        from pg_attribute a join pg_class c on c.oid = attrelid join pg_namespace n on n.oid = relnamespace
        where n.nspname = 'payments' and relkind = 'r' and attnum > 0 and not attisdropped
          and has_any_column_privilege('payments_app', c.oid, 'select')
          and not has_column_privilege('payments_app', c.oid, attnum, 'select')`
      const kept = Object.entries(inPart).flatMap(([name, some]) => some.map((col) => ({ name, col })))
      assert.deepStrictEqual(columns, kept)
      for (const { name, col } of kept) {
        assert.strictEqual(yield* codeOf(`select ${col} from ${name}`), denied)
        assert.strictEqual(yield* codeOf(`select * from ${name}`), denied)
        assert.strictEqual(yield* codeOf(`select to_jsonb(t) from ${name} t`), denied)
      }
    })
  )

  it.effect("writes into no table, whatever there will be", () =>
    Effect.gen(function* () {
      const all = yield* tables
      assert.isAbove(all.length, readable.length)
      for (const { name, col } of all) {
        for (const statement of [
          `insert into ${name} default values`,
          `update ${name} set ${col} = ${col}`,
          `delete from ${name}`,
          `truncate ${name}`,
          `do 'begin lock table ${name} in row exclusive mode; end'`,
          `alter table ${name} disable trigger user`,
          `alter table ${name} owner to payments_app`,
          `create index on ${name} (${col})`,
          `create trigger mine before update on ${name} for each row execute function suppress_redundant_updates_trigger()`,
          `drop table ${name} cascade`
        ]) {
          assert.strictEqual(yield* codeOf(statement), denied, statement)
        }
      }
    })
  )

  it.effect("calls the money steps and no function that they are made of", () =>
    Effect.gen(function* () {
      const owner = yield* Owner
      const functions = yield* owner<{ readonly name: string; readonly may: boolean }>`
        select proname as name, has_function_privilege('payments_app', oid, 'execute') as may
        from pg_proc where pronamespace = 'payments'::regnamespace order by 1`
      assert.deepStrictEqual(
        functions.filter(({ may }) => may).map(({ name }) => name),
        callable
      )
      assert.isAbove(functions.length, callable.length)
      assert.strictEqual(yield* codeOf("select write_audit('chain', 'me', 'nothing happened', '{}')"), denied)
      const definers = yield* owner<{ readonly name: string }>`
        select proname as name from pg_proc where pronamespace = 'payments'::regnamespace and prosecdef
          and not coalesce('search_path=payments, pg_temp' = any (proconfig), false)`
      assert.deepStrictEqual(definers, [])
    })
  )

  it.effect("says nothing in the name of a person that two did not sign", () =>
    Effect.gen(function* () {
      const owner = yield* Owner
      const sql = yield* SqlClient.SqlClient
      for (const statement of [...v.inReview(7), ...refundDue(8)]) yield* owner.unsafe(statement)
      for (const statement of [v.hearsay(7), v.refundHearsay(8)]) {
        const tried = yield* Effect.result(sql.unsafe(statement))
        if (Result.isSuccess(tried)) return assert.fail(`it may: ${statement}`)
        assert.strictEqual((yield* refusalOf(tried.failure)).by, "person_by_review")
      }
    })
  )

  it.effect("cannot become anybody else", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      for (const statement of [
        "set role payments_owner",
        "set role postgres",
        "set role payments_stub",
        "set role payments_cluster",
        "set local role payments_owner",
        "set session authorization postgres",
        "set session_replication_role = replica",
        "grant payments_owner to payments_app",
        "alter role payments_app superuser",
        "create role mine",
        "create function payments.mine() returns int language sql as 'select 1'",
        "create table payments.mine (id int)",
        "create schema mine",
        "create table public.mine (id int)",
        "select pg_read_file('/etc/passwd')",
        "copy payments.prices to program 'true'",
        "alter system set fsync = off",
        "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'postgres'",
        "comment on table payments.prices is 'mine'"
      ]) {
        assert.strictEqual(yield* codeOf(statement), denied, statement)
      }
      // One connection, so that the next statement would be the stronger role's.
      yield* Effect.gen(function* () {
        for (const statement of [
          "set role none",
          "reset role",
          "reset session authorization",
          "discard all"
        ]) {
          yield* sql.unsafe(statement)
          const [who] = yield* sql<{
            readonly who: string
          }>`select current_user || ' ' || session_user as who`
          assert.strictEqual(who?.who, "payments_app payments_app", statement)
        }
      }).pipe(Effect.provide((yield* TestDatabase).connect("payments_app", 1), { local: true }))
    })
  )

  it.effect("shadows nothing with temporary tables of its own", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* Effect.gen(function* () {
        yield* sql`create temporary table merchant_accounts (mid_id text, entity_id text, provider text)`
        yield* sql`create temporary table payment_sessions (session_id text)`
        yield* sql`set search_path to pg_temp, payments`
        yield* sql.unsafe(declare(9))
        yield* sql.unsafe(open(9))
        const [row] = yield* sql<{ readonly state: string }>`
          select state from payments.payment_sessions where session_id = ${session(9)}`
        assert.strictEqual(row?.state, "processing")
      }).pipe(Effect.provide((yield* TestDatabase).connect("payments_app", 1), { local: true }))
    })
  )
})

it.layer(storage, { excludeTestServices: true })("roles of other worlds", (it) => {
  for (const role of ["payments_stub", "payments_cluster"] as const) {
    it.effect(`${role} sees nothing of the payments`, () =>
      Effect.gen(function* () {
        const { connect } = yield* TestDatabase
        const seen = yield* Effect.gen(function* () {
          const sql = yield* SqlClient.SqlClient
          const tried = yield* Effect.result(sql`select from payments.attempts`)
          const called = yield* Effect.result(sql`select payments.load_registry()`)
          const [who] = yield* sql<{ readonly who: string }>`select session_user as who`
          return { tried, called, who: who?.who }
        }).pipe(Effect.provide(connect(role, 1), { local: true }))
        assert.strictEqual(seen.who, role)
        for (const tried of [seen.tried, seen.called]) {
          if (Result.isSuccess(tried)) return assert.fail(`${role} may look into the payments`)
          assert.strictEqual((yield* refusalOf(tried.failure)).code, denied)
        }
      })
    )
  }

  it.effect(
    "what boards an account, activates it or underwrites it anew is no step: doors stop, or do what two signed",
    () =>
      Effect.gen(function* () {
        const rows = yield* (yield* Owner)<{
          readonly name: string
          readonly app: boolean
          readonly what: string
        }>`
        select distinct proname as name, has_function_privilege('payments_app', pg_proc.oid, 'execute') as app,
          found[1] || ' ' || found[2] as what
        from pg_proc, regexp_matches(prosrc,
          '(insert into|update|delete from) (merchant_accounts|mid_underwriting|entity_underwriting|entities|brands|brand_entities|passed_gates)\\M',
          'g') as found
        where pronamespace = 'payments'::regnamespace order by 1, 3`
        assert.deepStrictEqual(
          rows.map(({ name, app, what }) => `${name}${app ? "" : " (not the app's)"}: ${what}`),
          [
            // Only in the commit of a second signature, which triggers hold it to.
            "do_change (not the app's): insert into entity_underwriting",
            "do_change (not the app's): insert into mid_underwriting",
            "do_change (not the app's): update merchant_accounts",
            "pass_gate: insert into passed_gates",
            "revoke_gate: update passed_gates",
            "stop_account: update merchant_accounts"
          ]
        )
        const statuses = yield* (yield* Owner)`
        select proname from pg_proc
        where pronamespace = 'payments'::regnamespace and prosrc ~ 'update merchant_accounts[^;]*\\m(status|live|provider|credentials|settings) ='`
        assert.deepStrictEqual(statuses, [])
      })
  )

  it.effect("the owner is nobody that one can log in as", () =>
    Effect.gen(function* () {
      const rows = yield* (yield* Owner)<{ readonly role: string; readonly login: boolean }>`
        select rolname as role, rolcanlogin as login from pg_roles
        where rolname like 'payments\\_%' and not rolsuper and not rolcreaterole and not rolcreatedb and not rolbypassrls
        order by 1`
      assert.deepStrictEqual(
        rows.map(({ role, login }) => `${role} ${login}`),
        ["payments_app true", "payments_cluster true", "payments_owner false", "payments_stub true"]
      )
    })
  )

  it.effect("at another PostgreSQL than the embedded one the address's own user takes the role on", () =>
    Effect.gen(function* () {
      const { url } = yield* TestDatabase
      const elsewhere = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "elsewhere-"))),
        (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
      )
      const address = new URL(Redacted.value(url))
      symlinkSync(address.searchParams.get("host") ?? "", join(elsewhere, "socket"))
      address.searchParams.set("host", join(elsewhere, "socket"))
      const pool = Database.layer({
        url: Redacted.make(address.href),
        role: "payments_app",
        maxConnections: 1
      })
      const who = yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        return yield* sql<{ readonly now: string; readonly login: string }>`
          select current_user as now, session_user as login`
      }).pipe(Effect.provide(pool, { local: true }))
      assert.deepStrictEqual(who, [{ now: "payments_app", login: "postgres" }])
    })
  )
})
