import { Effect, Layer } from "effect"
import { VaultToken } from "../../../../src/kernel/Card.ts"
import type { Capability } from "../../../../src/kernel/PaymentProvider.ts"
import type { StubTimings } from "../../../../src/layers/providers/stub/config.ts"
import { makeStubProvider } from "../../../../src/layers/providers/stub/driver.ts"
import { StubGatewayLedger } from "../../../../src/layers/providers/stub/StubGatewayLedger.ts"
import { type ProviderScenarios, ProviderUnderTest } from "../../../suites/provider.ts"

/** The stub driver, with its gateway's books as the witness. */
export const stubUnderTest = (name: string, timings: StubTimings) =>
  Layer.effect(
    ProviderUnderTest,
    Effect.map(StubGatewayLedger, (ledger) => ({
      provider: makeStubProvider({ name, ledger, timings }),
      moved: (key: string) =>
        Effect.map(ledger.byKey(name, key), (entries) => {
          const amounts = (kind: string) =>
            entries.filter((entry) => entry.kind === kind).map(({ amount }) => amount)
          return { captures: amounts("captured"), refunds: amounts("refunded"), voids: amounts("voided") }
        }).pipe(Effect.orDie)
    }))
  )

export const token = (tokenRef: string): VaultToken => new VaultToken({ vaultId: "stub", tokenRef })

export const stubCapabilities: ReadonlyArray<Capability> = [
  "tokenCharge",
  "chargeLookup",
  "void",
  "refundLookup"
]

/** At `stub_a`; the money amounts of the suite do not matter, because no scenario goes by the amount. */
export const stubScenarios: ProviderScenarios = {
  captured: token("tok_captured"),
  declined: [
    { token: token("tok_soft_decline"), kind: "soft" },
    { token: token("tok_declined_at_stub_a"), kind: "soft" },
    { token: token("tok_hard_decline"), kind: "hard" },
    { token: token("tok_insufficient_funds"), kind: "hard" },
    { token: token("tok_of_nobody"), kind: "hard" }
  ],
  unanswered: [
    { name: "the money moved", token: token("tok_timeout_captured"), truth: "captured" },
    { name: "the money moves later", token: token("tok_timeout_captured_late"), truth: "captured" },
    { name: "nothing moved", token: token("tok_timeout_nothing"), truth: "nothing" },
    { name: "lookups lie at first", token: token("tok_lies_on_lookup"), truth: "captured" }
  ],
  provesNothing: [
    { name: "duplicate transaction", token: token("tok_duplicate") },
    { name: "a garbled answer", token: token("tok_garbled") }
  ],
  slow: token("tok_slow"),
  paymentMethodRef: "tok_captured_amex"
}
