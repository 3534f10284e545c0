import { Effect, Layer, References, Scope } from "effect"
import { VaultedCard, VaultToken } from "../../../src/kernel/Card.ts"
import type { Brand, Entity } from "../../../src/kernel/Entity.ts"
import { EntityRegistry, type RegistrySnapshot } from "../../../src/kernel/EntityRegistry.ts"
import { BrandId, CustomerId, Principal } from "../../../src/kernel/ids.ts"
import { PaymentLedger } from "../../../src/kernel/PaymentLedger.ts"
import { type ConfirmRequest, PaymentOrchestrator } from "../../../src/kernel/PaymentOrchestrator.ts"
import { Providers, type TokenCharge } from "../../../src/kernel/PaymentProvider.ts"
import { SessionDeclaration } from "../../../src/kernel/PaymentSession.ts"
import { type Account, compile } from "../../../src/kernel/routing/RoutingPolicy.ts"
import { UnknownToken, Vaults, vaultsOf, VaultUnavailable } from "../../../src/kernel/TokenVault.ts"
import { account, entity } from "./accounts.ts"
import { money, session } from "./cascade.ts"
import { fakeDrivers } from "./fakeDrivers.ts"
import { fakeLedger, type Mischief } from "./FakeLedger.ts"

const declaration = new SessionDeclaration({
  id: session,
  customer: CustomerId.make("user_1"),
  brand: BrandId.make("loop-goods"),
  entity,
  category: "merchandise",
  money,
  intent: { type: "amount" },
  mode: "hosted",
  theme: {},
  metadata: {}
})

/** An account whose driver bears its name. */
export const own = (id: string, priority: number): Account =>
  account({ id, priority, provider: `driver_of_${id}` })

const snapshotOf = (accounts: ReadonlyArray<Account>, gone: ReadonlyArray<string>): RegistrySnapshot => ({
  entities: new Map<string, Entity>(),
  brands: new Map<string, Brand>(),
  accounts: new Map(
    accounts.filter((one) => !gone.includes(one.account.id)).map((one) => [one.account.id, one.account])
  ),
  policy: compile(1, accounts)
})

const vault = vaultsOf([
  {
    vaultId: "vault",
    vaultCard: () => Effect.die("nobody hands over a raw card here"),
    getCard: (tokenRef) =>
      tokenRef === "tok_unknown"
        ? Effect.fail(new UnknownToken({ vaultId: "vault", tokenRef }))
        : tokenRef === "tok_silent"
          ? Effect.fail(new VaultUnavailable({ vaultId: "vault", problem: "timeout" }))
          : Effect.succeed(
              new VaultedCard({
                token: new VaultToken({ vaultId: "vault", tokenRef }),
                bin: "424242",
                last4: "4242",
                brand: "visa",
                expiryMonth: 12,
                expiryYear: 2030,
                fingerprint: "fp",
                country: "US"
              })
            )
  }
])

/** Three accounts, in the order of their priority. */
export const accounts = [own("mid_a", 1), own("mid_b", 2), own("mid_c", 3)]

/** What a test says otherwise of the token and the risk that it confirms with. */
export type Changes = Partial<ConfirmRequest["vaultToken"]> & Pick<ConfirmRequest, "riskLevel">

/** An orchestrator in a scope of its own, over fakes. */
export const openOrchestrator = Effect.fnUntraced(function* (
  answers: Readonly<Record<string, TokenCharge["chargeToken"]>>,
  mischief: Mischief & {
    readonly accounts?: ReadonlyArray<Account>
    /** Accounts that the policy still has and the registry has no more. */
    readonly gone?: ReadonlyArray<string>
    readonly providers?: Providers["Service"]
  } = {}
) {
  const ledger = fakeLedger({ declaration, ...mischief })
  const drivers = fakeDrivers(answers)
  const scope = yield* Scope.make()
  const context = yield* PaymentOrchestrator.layer.pipe(
    Layer.provide([
      Layer.succeed(PaymentLedger, ledger.service),
      Layer.succeed(Providers, mischief.providers ?? drivers.service),
      Layer.succeed(Vaults, vault),
      Layer.succeed(EntityRegistry, {
        snapshot: Effect.succeed(snapshotOf(mischief.accounts ?? accounts, mischief.gone ?? [])),
        refresh: Effect.void,
        stop: () => Effect.die("no test flips a switch here")
      })
    ]),
    Layer.buildWithScope(scope)
  )
  const confirm = ({ riskLevel, ...changes }: Changes = {}, id: string = session) =>
    Effect.flatMap(PaymentOrchestrator, (orchestrator) =>
      orchestrator.confirm(id, {
        by: Principal.make("app"),
        idempotencyKey: "key_1",
        body: { vaultToken: { vaultId: "vault", tokenRef: "tok_1", ...changes }, riskLevel }
      })
    ).pipe(Effect.provideContext(context), Effect.provideService(References.MinimumLogLevel, "None"))
  return { calls: ledger.calls, sends: drivers.sends, confirm, scope }
})
