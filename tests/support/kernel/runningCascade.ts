import { Effect } from "effect"
import { VaultToken } from "../../../src/kernel/Card.ts"
import { chargeAcrossProviders } from "../../../src/kernel/cascade/chargeAcrossProviders.ts"
import { Principal } from "../../../src/kernel/ids.ts"
import { PaymentLedger } from "../../../src/kernel/PaymentLedger.ts"
import { Providers, type TokenCharge } from "../../../src/kernel/PaymentProvider.ts"
import { compile } from "../../../src/kernel/routing/RoutingPolicy.ts"
import { decide } from "../../../src/kernel/routing/RoutingPolicyEngine.ts"
import { charge } from "./accounts.ts"
import { candidate, captured, declined, indeterminate, session } from "./cascade.ts"
import { fakeDrivers } from "./fakeDrivers.ts"
import { fakeLedger, type Mischief } from "./FakeLedger.ts"

const token = new VaultToken({ vaultId: "vault", tokenRef: "tok_1" })

/** A charge over the accounts `mid_a`, `mid_b` and `mid_c`. */
export const cascade = chargeAcrossProviders({
  session,
  candidates: ["mid_a", "mid_b", "mid_c"].map(candidate),
  decision: decide(compile(1, []), charge(), session),
  confirmation: { by: Principal.make("app"), body: { vaultToken: token, riskLevel: "low" } },
  token
})

/** The same with these drivers and this ledger, as the orchestrator runs it. */
export const runningCascade = (
  answers: Readonly<Record<string, TokenCharge["chargeToken"]>>,
  mischief: Mischief = {}
) => {
  const ledger = fakeLedger(mischief)
  const drivers = fakeDrivers(answers)
  const run = cascade.pipe(
    Effect.provideService(PaymentLedger, ledger.service),
    Effect.provideService(Providers, drivers.service),
    Effect.uninterruptible
  )
  return { calls: ledger.calls, evidence: ledger.evidence, sends: drivers.sends, keys: drivers.keys, run }
}

export const captures = () => Effect.succeed(captured)
export const declinesSoftly = () => Effect.fail(declined("soft"))
export const declinesHard = () => Effect.fail(declined("hard"))
export const knowsNothing = () => Effect.fail(indeterminate)
