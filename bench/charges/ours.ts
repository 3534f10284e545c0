// The service's own charges: orchestrator, routing, cascade and ledger as they are shipped, with a vault and processors
// inside the process that answer at once.
import { Duration, Effect, Layer, ManagedRuntime, Redacted, Schema } from "effect"
import { SqlClient } from "effect/sql"
import * as Database from "../../src/db/Database.ts"
import * as EntityRegistryPg from "../../src/db/EntityRegistryPg.ts"
import * as PaymentLedgerPg from "../../src/db/PaymentLedgerPg.ts"
import { VaultedCard, VaultToken } from "../../src/kernel/Card.ts"
import { Captured, Declined } from "../../src/kernel/cascade/Disposition.ts"
import { Principal, ProviderName, SessionId } from "../../src/kernel/ids.ts"
import { PaymentLedger } from "../../src/kernel/PaymentLedger.ts"
import { PaymentOrchestrator } from "../../src/kernel/PaymentOrchestrator.ts"
import {
  type PaymentProvider,
  ProviderNames,
  Providers,
  providersOf
} from "../../src/kernel/PaymentProvider.ts"
import { Vaults, vaultsOf } from "../../src/kernel/TokenVault.ts"
import { contend, timed } from "../support/contending.ts"
import { declinesOf, Order, type Path, sessionOf, ulidOf } from "./stage.ts"

/** How the next charges end; a turn has one way for all of them. */
let path: Path = "captured"

const said = { code: "00", message: "approved" }

const driver = (name: string): PaymentProvider => ({
  name: ProviderName.make(name),
  charge: () => Effect.die("not asked"),
  refund: () => Effect.die("not asked"),
  refundContext: () => Effect.die("not asked"),
  tokenCharge: {
    deadline: Duration.seconds(30),
    chargeToken: ({ attempt }) =>
      Effect.suspend(() =>
        attempt.ordinal <= declinesOf(path)
          ? Effect.fail(
              new Declined({ kind: "soft", evidence: { code: "51", message: "insufficient funds" } })
            )
          : Effect.succeed(
              new Captured({
                processorReference: `ch_${attempt.attempt}`,
                amount: attempt.money.amount,
                currency: attempt.money.currency,
                evidence: said
              })
            )
      )
  }
})

const vault = {
  vaultId: "bench",
  vaultCard: () => Effect.die("not asked"),
  getCard: (tokenRef: string) =>
    Effect.succeed(
      new VaultedCard({
        token: new VaultToken({ vaultId: "bench", tokenRef }),
        bin: "424242",
        last4: "4242",
        brand: "visa",
        expiryMonth: 12,
        expiryYear: 2099,
        fingerprint: `print_${tokenRef}`
      })
    )
}

/** What the ledger sent, while somebody wants to know: the very statements that the limit is measured with. */
let heard: Array<{ readonly statement: string; readonly parameter: string }> | undefined

const overheard = (sql: SqlClient.SqlClient): SqlClient.SqlClient =>
  new Proxy(sql, {
    get: (target, name, receiver) => {
      if (name !== "unsafe") return Reflect.get(target, name, receiver)
      const unsafe: SqlClient.SqlClient["unsafe"] = (statement, parameters) => {
        heard?.push({ statement, parameter: String(parameters?.[0]) })
        return target.unsafe(statement, parameters)
      }
      return unsafe
    }
  })

const url = Redacted.make(process.env["BENCH_URL"] ?? "")
const pool = Database.layer({
  url,
  role: "payments_app",
  maxConnections: Number(process.env["BENCH_CONNECTIONS"] ?? 16)
})
const providers = Layer.sync(Providers, () => providersOf([driver("stub_a"), driver("stub_b")]))

const charging = PaymentOrchestrator.layer.pipe(
  Layer.provideMerge(
    PaymentLedgerPg.layer.pipe(
      Layer.provide(Layer.effect(SqlClient.SqlClient, Effect.map(SqlClient.SqlClient, overheard))),
      Layer.provide(pool)
    )
  ),
  Layer.provide(EntityRegistryPg.layer.pipe(Layer.provide(pool), Layer.provide(ProviderNames.layer))),
  Layer.provide([providers, Layer.sync(Vaults, () => vaultsOf([vault]))])
)

const runtime = ManagedRuntime.make(charging)
const by = Principal.make("bench")

const charge = Effect.fnUntraced(function* (nr: number) {
  const { state } = yield* (yield* PaymentOrchestrator).confirm(sessionOf(nr), {
    by,
    idempotencyKey: `key_${ulidOf(nr)}`,
    body: { vaultToken: { vaultId: "bench", tokenRef: `tok_${ulidOf(nr)}` } }
  })
  if (state !== "settled") return yield* Effect.die(`a charge ended ${state}`)
})

/** A process that declared a session knows it; this one was told by somebody else, so it reads up before the clock. */
const readUp = Effect.fnUntraced(function* (nr: number) {
  yield* (yield* PaymentLedger).declaration(SessionId.make(sessionOf(nr)))
})

const decode = Schema.decodeUnknownSync(
  Schema.Struct({ ...Order.fields, overhear: Schema.optionalKey(Schema.Boolean) })
)

contend(async (asked) => {
  const order = decode(asked)
  path = order.path
  await timed(order.count, 16, (nr) => runtime.runPromise(readUp(order.first + nr)))
  heard = order.overhear === true ? [] : undefined
  const result = await timed(order.count, order.parallel, (nr) =>
    runtime.runPromise(charge(order.first + nr))
  )
  const statements = heard
  heard = undefined
  return { ...result, ...(statements === undefined ? {} : { statements }) }
})
