import { assert, it } from "@effect/vitest"
import { Context, Duration, Effect, Exit, Layer, Result, Schema } from "effect"
import { SqlClient } from "effect/sql"
import * as Database from "../../src/db/Database.ts"
import * as EntityRegistryPg from "../../src/db/EntityRegistryPg.ts"
import * as PaymentLedgerPg from "../../src/db/PaymentLedgerPg.ts"
import { VaultedCard, VaultToken } from "../../src/kernel/Card.ts"
import { type Captured, Declined, Indeterminate } from "../../src/kernel/cascade/Disposition.ts"
import { BrandId, CustomerId, EntityId, MidId, ProviderName, type SessionId } from "../../src/kernel/ids.ts"
import { Money } from "../../src/kernel/Money.ts"
import { EntityRegistry } from "../../src/kernel/EntityRegistry.ts"
import { PaymentLedger } from "../../src/kernel/PaymentLedger.ts"
import { PaymentOrchestrator } from "../../src/kernel/PaymentOrchestrator.ts"
import {
  type PaymentProvider,
  ProviderNames,
  Providers,
  providersOf
} from "../../src/kernel/PaymentProvider.ts"
import { SessionDeclaration } from "../../src/kernel/PaymentSession.ts"
import { RoutingDecision } from "../../src/kernel/routing/RoutingPolicyEngine.ts"
import { Vaults, vaultsOf } from "../../src/kernel/TokenVault.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import * as w from "../suites/world.ts"
import { resume } from "./support/changeScene.ts"
import { Owner } from "./support/pgStorage.ts"
import { tap, type Traffic, type Wire } from "./support/Wire.ts"

// What a charge costs at the database, counted on the wire: the floor of a design that writes before it sends.

/** What the processors of the next charges say, in the order of the attempts. */
const script: Array<Effect.Effect<Captured, Declined | Indeterminate>> = []

const driver = (name: string): PaymentProvider => ({
  name: ProviderName.make(name),
  charge: () => Effect.die("not asked"),
  refund: () => Effect.die("not asked"),
  refundContext: () => Effect.die("not asked"),
  tokenCharge: {
    deadline: Duration.seconds(5),
    chargeToken: () => script.shift() ?? Effect.die("the script is over")
  }
})

const token = new VaultToken({ vaultId: "scripted", tokenRef: "tok_1" })

const outside = Layer.mergeAll(
  Layer.sync(Providers, () => providersOf([driver("stub_a"), driver("stub_b")])),
  Layer.sync(Vaults, () =>
    vaultsOf([
      {
        vaultId: "scripted",
        vaultCard: () => Effect.die("not asked"),
        getCard: () =>
          Effect.succeed(
            new VaultedCard({
              token,
              bin: "424242",
              last4: "4242",
              brand: "visa",
              expiryMonth: 12,
              expiryYear: 2099,
              fingerprint: "print"
            })
          )
      }
    ])
  )
)

class TappedWire extends Context.Service<TappedWire, Wire>()(
  "payment-orchestration/tests/db/moneySteps.test/TappedWire"
) {
  static readonly layer = Layer.effect(
    TappedWire,
    Effect.flatMap(TestDatabase, ({ url }) => tap(url))
  )
}

/** A process of the service whose ledger alone goes over the wire, on one connection. */
const process = PaymentOrchestrator.layer.pipe(
  Layer.provideMerge(
    PaymentLedgerPg.layer.pipe(
      Layer.provide(
        Layer.unwrap(
          Effect.map(TappedWire, ({ url }) =>
            Database.layer({ url, role: "payments_app", maxConnections: 1 })
          )
        )
      )
    )
  ),
  Layer.provideMerge(
    EntityRegistryPg.layer.pipe(
      Layer.provide(Layer.unwrap(Effect.map(TestDatabase, ({ connect }) => connect("payments_app", 2)))),
      Layer.provide(ProviderNames.layer)
    )
  ),
  Layer.provide(outside)
)

const everything = Layer.fresh(process).pipe(
  Layer.provideMerge(TappedWire.layer),
  Layer.provideMerge(Owner.layer),
  Layer.provideMerge(TestDatabase.layer)
)

const declared = Effect.gen(function* () {
  const declaration = new SessionDeclaration({
    id: w.freshSessionId(),
    customer: CustomerId.make("loop_user_1"),
    brand: BrandId.make("loop-bio"),
    entity: EntityId.make("loop_bio_labs"),
    category: "ruo_compounds",
    money: new Money({ amount: 4900, currency: "USD" }),
    intent: { type: "amount" },
    mode: "hosted",
    theme: {},
    metadata: {}
  })
  yield* (yield* PaymentLedger).declare(declaration, w.long, { by: w.app, body: w.configOf(declaration) })
  return declaration.id
})

const confirm = (session: SessionId, idempotencyKey?: string) =>
  Effect.flatMap(PaymentOrchestrator, (orchestrator) =>
    orchestrator.confirm(session, {
      by: w.app,
      idempotencyKey,
      body: { vaultToken: token }
    })
  )

const captured = () => Effect.succeed(w.captured(undefined, 4900))
const declinedBy = (kind: Declined["kind"]) => Effect.fail(w.declined(kind))

/** The transactions that wrote rows about a session. The audit's rows never change and each step writes one. */
const commitsOf = Effect.fnUntraced(function* (session: SessionId) {
  const owner = yield* Owner
  return yield* owner<{ readonly xid: string }>`
    select distinct xmin::text as xid from (
      select xmin from audit where chain = ${session}
      union all select xmin from payment_sessions where session_id = ${session}
      union all select xmin from routing_decisions where session_id = ${session}
      union all select xmin from attempts where session_id = ${session}
      union all select e.xmin from attempt_evidence e join attempts using (attempt_id) where session_id = ${session}
      union all select xmin from captures where session_id = ${session}
      union all select xmin from postings where session_id = ${session}
      union all select xmin from fulfilments where session_id = ${session}
      union all select xmin from outbox where session_id = ${session}
      union all select xmin from idempotency_keys where session_id = ${session}) as rows (xmin)`
})

const openStep = "select open_attempt($1::jsonb) as answer"
const recordStep = "select record_outcome($1::jsonb) as answer"

const assertCosts = ({ statements, ...counts }: Traffic, expected: ReadonlyArray<string>): void => {
  assert.deepStrictEqual(statements, expected)
  assert.deepStrictEqual(counts, { roundTrips: expected.length, endsOfTransaction: expected.length })
}

it.layer(everything, { excludeTestServices: true })("a charge costs at the database", (it) => {
  const charges = [
    {
      what: "captured at once: two commits",
      says: [captured()],
      statements: [openStep, recordStep],
      ends: "settled"
    },
    {
      what: "declined hard: two commits",
      says: [declinedBy("hard")],
      statements: [openStep, recordStep],
      ends: "pending"
    },
    {
      what: "unknown: two commits",
      says: [Effect.fail(w.timeout)],
      statements: [openStep, recordStep],
      ends: "in_review"
    },
    {
      what: "captured by the second account: one more",
      says: [declinedBy("soft"), captured()],
      statements: [openStep, recordStep, recordStep],
      ends: "settled"
    },
    {
      what: "captured by the third account: two more",
      says: [declinedBy("soft"), declinedBy("soft"), captured()],
      statements: [openStep, recordStep, recordStep, recordStep],
      ends: "settled"
    },
    {
      what: "declined by all three: two more",
      says: [declinedBy("soft"), declinedBy("soft"), declinedBy("soft")],
      statements: [openStep, recordStep, recordStep, recordStep],
      ends: "pending"
    }
  ]
  for (const { what, says, statements, ends } of charges) {
    it.effect(what, () =>
      Effect.gen(function* () {
        const wire = yield* TappedWire
        const session = yield* declared
        const declaring = yield* commitsOf(session)
        assert.strictEqual(declaring.length, 1)
        yield* wire.take
        script.push(...says)
        const { state } = yield* confirm(session, w.fresh())
        assertCosts(yield* wire.take, statements)
        assert.strictEqual(state, ends)
        assert.deepStrictEqual(script, [])
        const before = declaring.map(({ xid }) => xid)
        const commits = (yield* commitsOf(session)).filter(({ xid }) => !before.includes(xid))
        assert.strictEqual(commits.length, statements.length)
      })
    )
  }

  it.effect("refused: one statement, and nothing is written", () =>
    Effect.gen(function* () {
      const wire = yield* TappedWire
      const session = yield* declared
      script.push(captured())
      yield* confirm(session)
      const commits = yield* commitsOf(session)
      yield* wire.take
      const refused = yield* Effect.result(confirm(session))
      assert.strictEqual(Result.isFailure(refused) ? refused.failure._tag : "allowed", "SessionNotPayable")
      assertCosts(yield* wire.take, [openStep])
      assert.deepStrictEqual(yield* commitsOf(session), commits)
    })
  )

  it.effect("one read more in a process that has not heard of the session, and only the first time", () =>
    Effect.gen(function* () {
      const wire = yield* TappedWire
      const session = yield* declared
      const elsewhere = yield* Layer.build(Layer.fresh(process))
      yield* Effect.gen(function* () {
        script.push(declinedBy("hard"), captured())
        yield* wire.take
        yield* confirm(session)
        const { statements } = yield* wire.take
        assert.strictEqual(statements.length, 3)
        assert.match(statements[0] ?? "", /^\s*select session_json/)
        assert.deepStrictEqual(statements.slice(1), [openStep, recordStep])
        yield* confirm(session)
        assertCosts(yield* wire.take, [openStep, recordStep])
      }).pipe(Effect.provide(elsewhere))
    })
  )

  it.effect("nothing is written by reading a declaration", () =>
    Effect.gen(function* () {
      const session = yield* declared
      const readOnly = PaymentLedgerPg.layer.pipe(
        Layer.provideMerge((yield* TestDatabase).connect("payments_app", 1))
      )
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* sql`set default_transaction_read_only = on`
        const ledger = yield* PaymentLedger
        assert.strictEqual((yield* ledger.declaration(session))?.id, session)
        assert.isTrue(Exit.isFailure(yield* Effect.exit(ledger.cancel(session, w.app))))
      }).pipe(Effect.provide(Layer.fresh(readOnly), { local: true }))
    })
  )

  it.effect("what was heard and decided is kept whole", () =>
    Effect.gen(function* () {
      const owner = yield* Owner
      const registry = yield* EntityRegistry
      const stopped = MidId.make("mid_bio_1")
      yield* registry.stop({ mid: stopped, by: w.app, reason: "a test" })
      const session = yield* declared
      script.push(
        Effect.fail(new Declined({ kind: "soft", evidence: { code: "51", message: "insufficient funds" } })),
        Effect.fail(new Indeterminate({ evidence: { code: "timeout", message: "no answer in 5 s" } }))
      )
      yield* confirm(session)
      for (const statement of resume(stopped)) yield* owner.unsafe(statement)
      const [decision] = yield* owner<{ readonly kept: unknown }>`
        select jsonb_build_object('policyVersion', policy_version, 'inputs', inputs, 'chosen', chosen,
          'leftOut', left_out) as kept from routing_decisions where session_id = ${session}`
      const { inputs, chosen, leftOut } = yield* Schema.decodeUnknownEffect(RoutingDecision)(decision?.kept)
      assert.deepStrictEqual(leftOut, [{ mid: MidId.make("mid_bio_1"), reasons: [{ _tag: "KillSwitchOn" }] }])
      assert.deepStrictEqual(chosen, [MidId.make("mid_bio_2"), MidId.make("mid_bio_3")])
      assert.deepInclude(inputs, {
        amount: 4900,
        currency: "USD",
        cardBrand: "visa",
        bin: "424242",
        risk: "low"
      })
      const heard = yield* owner`
        select outcome, detail ->> 'code' as code, detail ->> 'message' as message, detail ->> 'kind' as kind
        from attempt_evidence join attempts using (attempt_id) where session_id = ${session} order by attempt_id`
      assert.deepStrictEqual(heard, [
        { outcome: "Declined", code: "51", message: "insufficient funds", kind: "soft" },
        { outcome: "Indeterminate", code: "timeout", message: "no answer in 5 s", kind: null }
      ])
      assert.deepStrictEqual(
        (yield* (yield* PaymentLedger).attempts(session)).map(({ mid }) => mid),
        [MidId.make("mid_bio_2"), MidId.make("mid_bio_3")]
      )
    })
  )
})
