import { Duration, Effect, Layer, Redacted } from "effect"
import { type Sandbox, type SandboxOptions, startSandbox } from "../../../../sandbox/startSandbox.ts"
import { VaultToken } from "../../../../src/kernel/Card.ts"
import { idempotencyKey as keyOf } from "../../../../src/kernel/cascade/IdempotencyKey.ts"
import { SendPermit } from "../../../../src/kernel/cascade/SendPermit.ts"
import { attemptId, MidId, ProviderName, SessionId } from "../../../../src/kernel/ids.ts"
import { Money } from "../../../../src/kernel/Money.ts"
import { type Capability, capability, type PaymentProvider } from "../../../../src/kernel/PaymentProvider.ts"
import type { ProviderAccount } from "../../../../src/layers/providers/ProviderAccounts.ts"
import type { StripeTimings } from "../../../../src/layers/providers/stripe/config.ts"
import { makeStripeDriver } from "../../../../src/layers/providers/stripe/driver.ts"
import type { Transport } from "../../../../src/layers/transport/Exchange.ts"
import { exchangeOnce } from "../../../../src/layers/transport/exchangeOnce.ts"
import { makeProxy } from "../../../../src/layers/vault/basis-theory/proxy.ts"
import { randomUUID } from "node:crypto"
import { type Moved, type ProviderScenarios, ProviderUnderTest } from "../../../suites/provider.ts"

/** Cards of the emulator, by the id of the token that they are kept under. */
export const cards: Readonly<Record<string, string>> = {
  tok_captured: "4242424242424242",
  tok_generic_decline: "4000000000000002",
  tok_insufficient_funds: "4000000000009995",
  tok_lost_card: "4000000000009987",
  tok_stolen_card: "4000000000009979",
  tok_expired_card: "4000000000000069",
  tok_incorrect_cvc: "4000000000000127",
  tok_processing_error: "4000000000000119",
  tok_fraudulent: "4100000000000019",
  tok_authenticates: "4000002760003184",
  tok_refund_pending: "4000000000007726",
  tok_refund_fails: "4000000000005126",
  tok_disputed: "4000000000000259",
  ...Object.fromEntries(
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 31, 32, 33, 34].map(
      (fault) => [`tok_fault_${fault}`, faultCard(fault)]
    )
  )
}

/** 4000 99, the number of the fault, and the digit that makes it check. */
function faultCard(fault: number): string {
  const digits = `400099${String(fault).padStart(9, "0")}`
  const sum = [...digits].reduce((total, digit, index) => {
    const doubled = Number(digit) * (index % 2 === 0 ? 2 : 1)
    return total + (doubled > 9 ? doubled - 9 : doubled)
  }, 0)
  return `${digits}${(10 - (sum % 10)) % 10}`
}

export const token = (tokenRef: string): VaultToken => new VaultToken({ vaultId: "basis_theory", tokenRef })

/** Real time, so short. */
export const shortTimings: StripeTimings = {
  intentDeadline: Duration.millis(1500),
  cancelDeadline: Duration.seconds(3),
  readDeadline: Duration.seconds(3),
  refundDeadline: Duration.seconds(3),
  absenceHorizon: Duration.seconds(5)
}

export const shortSeconds = { slow: 3, late: 0.4, lateMoney: 1, blind: 1.5, webhook: 1 }

/** The account of a merchant account: the emulator has one for every name. */
export const accountOf = (of: MidId, change: Partial<ProviderAccount> = {}): ProviderAccount => ({
  mid: of,
  secret: Redacted.make(`sk_test_sandbox_${of}`),
  webhookSecrets: [Redacted.make("whsec_test")],
  settings: {},
  live: false,
  ...change
})

/** Keeps a card in the emulated vault under an id of the test's own. */
export const keepCard = (origin: string, id: string, number: string) =>
  Effect.promise(async () => {
    const response = await fetch(new URL("/tokens", origin), {
      method: "POST",
      headers: { "bt-api-key": "key_sandbox_private", "content-type": "application/json" },
      body: JSON.stringify({
        id,
        type: "card",
        data: {
          number,
          expiration_month: 12,
          expiration_year: 2034,
          cvc: number.startsWith("3") ? "1234" : "123"
        }
      })
    })
    if (response.status !== 201) throw new Error(`the card of ${id} was not kept: ${await response.text()}`)
  })

/** The driver against the emulators, which hold all the cards. */
export const stripeAgainst = (
  sandbox: Sandbox,
  options: {
    readonly transport?: Transport
    readonly timings?: StripeTimings
    readonly proxyDeadline?: Duration.Duration
    readonly account?: (mid: MidId) => ProviderAccount
  } = {}
): PaymentProvider => {
  const { transport = exchangeOnce(), timings = shortTimings, account = accountOf } = options
  const { proxyDeadline = Duration.seconds(3) } = options
  return makeStripeDriver({
    origin: sandbox.stripe.origin,
    transport,
    accounts: { get: (of) => Effect.succeed(account(of)) },
    proxy: makeProxy(
      {
        origin: sandbox.basisTheory.origin,
        apiKey: Redacted.make("key_sandbox_private"),
        publicKey: undefined,
        timings: { vaultDeadline: Duration.seconds(3), proxyDeadline }
      },
      transport
    ),
    returnUrl: (session) => `https://pay.example/pay/${session}`,
    timings
  })
}

const mid = MidId.make("mid_1")

/** The right to send a charge of a new session. */
export const newPermit = (amount = 1250): SendPermit => {
  const session = SessionId.make(`ps_${randomUUID().replaceAll("-", "").slice(0, 26).toUpperCase()}`)
  return SendPermit.afterCommit({
    attempt: attemptId(session, 1),
    session,
    ordinal: 1,
    mid,
    provider: ProviderName.make("stripe"),
    money: new Money({ amount, currency: "USD" }),
    idempotencyKey: keyOf(session, 1, mid),
    fence: 1
  })
}

/** Charges a card that the emulated vault holds. */
export const chargeWith = (driver: PaymentProvider, permit: SendPermit, tokenRef: string) =>
  Effect.flatMap(Effect.orDie(capability(driver, "tokenCharge")), ({ chargeToken }) =>
    chargeToken(permit, token(tokenRef))
  )

/** What really moved for a key, by the emulator's books. */
export const movedBy = ({ stripe }: Sandbox, key: string): Moved => {
  const { movements } = stripe.books()
  return {
    captures: movements.flatMap(({ kind, order, amount }) =>
      kind === "captured" && order === key ? [amount] : []
    ),
    refunds: movements.flatMap(({ kind, idempotencyKey, amount }) =>
      kind === "refunded" && idempotencyKey === key ? [amount] : []
    ),
    voids: []
  }
}

/** Emulators that hold the cards above, or some of them. */
export const sandboxWithCards = Effect.fnUntraced(function* (
  options: SandboxOptions = {},
  held: ReadonlyArray<string> = Object.keys(cards)
) {
  const sandbox = yield* startSandbox({ seconds: shortSeconds, ...options })
  for (const id of held) yield* keepCard(sandbox.basisTheory.origin, id, cards[id] ?? "")
  return sandbox
})

export const stripeUnderTest = Layer.effect(
  ProviderUnderTest,
  Effect.map(sandboxWithCards(), (sandbox) => ({
    provider: stripeAgainst(sandbox),
    moved: (key: string) => Effect.sync(() => movedBy(sandbox, key))
  }))
)

export const stripeCapabilities: ReadonlyArray<Capability> = [
  "tokenCharge",
  "chargeLookup",
  "chargeCancel",
  "refundLookup",
  "webhooks"
]

export const stripeScenarios: ProviderScenarios = {
  captured: token("tok_captured"),
  declined: [
    { token: token("tok_generic_decline"), kind: "soft" },
    { token: token("tok_insufficient_funds"), kind: "soft" },
    { token: token("tok_processing_error"), kind: "soft" },
    { token: token("tok_fault_21"), kind: "soft" },
    { token: token("tok_lost_card"), kind: "hard" },
    { token: token("tok_stolen_card"), kind: "hard" },
    { token: token("tok_expired_card"), kind: "hard" },
    { token: token("tok_incorrect_cvc"), kind: "hard" },
    { token: token("tok_fraudulent"), kind: "hard" },
    // Declined, and the money would move later all the same: the cancellation keeps it from that.
    { token: token("tok_fault_8"), kind: "soft" },
    // Too many requests: nothing happened.
    { token: token("tok_fault_20"), kind: "soft" },
    // The proxy says 408, forwards or does not, or refuses: the charge was never sent.
    { token: token("tok_fault_31"), kind: "soft" },
    { token: token("tok_fault_32"), kind: "soft" },
    { token: token("tok_fault_33"), kind: "soft" },
    { token: token("tok_fault_34"), kind: "soft" },
    { token: token("tok_of_nobody"), kind: "soft" },
    { token: new VaultToken({ vaultId: "stub", tokenRef: "tok_captured" }), kind: "soft" },
    { token: token("tok }} {{ captured"), kind: "hard" }
  ],
  unanswered: [{ name: "the money moves later", token: token("tok_fault_3"), truth: "captured" }],
  provesNothing: [
    { name: "the connection is cut", token: token("tok_fault_2") },
    { name: "an error, and the money moves later", token: token("tok_fault_5") },
    { name: "pending", token: token("tok_fault_6") },
    { name: "the connection is cut, and the money moves later", token: token("tok_fault_7") },
    { name: "500", token: token("tok_fault_10") },
    { name: "a duplicate", token: token("tok_fault_11") },
    { name: "HTML", token: token("tok_fault_12") },
    { name: "half an answer", token: token("tok_fault_13") },
    { name: "an empty answer", token: token("tok_fault_14") },
    { name: "the answer twice", token: token("tok_fault_15") },
    { name: "a decline of an intent that received its money", token: token("tok_fault_18") },
    { name: "the connection is cut, and lookups see nothing at first", token: token("tok_fault_19") }
  ],
  waits: token("tok_authenticates"),
  slow: token("tok_fault_4"),
  paymentMethodRef: "pm_card_visa"
}
