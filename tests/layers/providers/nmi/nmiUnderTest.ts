import { Duration, Effect, Layer, Redacted } from "effect"
import { codeCard, faultCards } from "../../../../sandbox/plumbing/faultCards.ts"
import { knownCodes } from "../../../../sandbox/nmi/resultCodes.ts"
import { type Sandbox, type SandboxOptions, startSandbox } from "../../../../sandbox/startSandbox.ts"
import { VaultToken } from "../../../../src/kernel/Card.ts"
import type { MidId } from "../../../../src/kernel/ids.ts"
import type { Capability } from "../../../../src/kernel/PaymentProvider.ts"
import type { NmiTimings } from "../../../../src/layers/providers/nmi/config.ts"
import { makeNmiDriver } from "../../../../src/layers/providers/nmi/driver.ts"
import { resultCodes } from "../../../../src/layers/providers/nmi/resultCodes.ts"
import type { ProviderAccount } from "../../../../src/layers/providers/ProviderAccounts.ts"
import type { Transport } from "../../../../src/layers/transport/Exchange.ts"
import { exchangeOnce } from "../../../../src/layers/transport/exchangeOnce.ts"
import { makeProxy } from "../../../../src/layers/vault/basis-theory/proxy.ts"
import { type Moved, type ProviderScenarios, ProviderUnderTest } from "../../../suites/provider.ts"

/** Cards of the emulator, by the id of the token that they are kept under. */
const cards: Readonly<Record<string, string>> = {
  tok_captured: "4111111111111111",
  tok_other: "5431111111111111",
  tok_slow: "4242424242424242",
  ...Object.fromEntries(knownCodes.map((code) => [`tok_${code}`, codeCard("stays", Number(code))])),
  ...Object.fromEntries(knownCodes.map((code) => [`tok_${code}_moves`, codeCard("moves", Number(code))])),
  ...Object.fromEntries(faultCards.map(({ number }, index) => [`tok_fault_${index}`, number]))
}

/** The token of a fault card, by what it does. */
export const faultToken = (does: string): VaultToken => {
  const index = faultCards.findIndex((card) => card.does === does)
  if (index === -1) throw new Error(`no card does: ${does}`)
  return token(`tok_fault_${index}`)
}

export const token = (tokenRef: string): VaultToken => new VaultToken({ vaultId: "basis_theory", tokenRef })

/** Real time, so short. */
export const shortTimings: NmiTimings = {
  transactDeadline: Duration.seconds(3),
  queryDeadline: Duration.seconds(3),
  testModeTrust: Duration.seconds(30),
  absenceHorizon: Duration.millis(2500)
}

const shortSeconds = { slow: 1.5, late: 0.4, lateMoney: 1, blind: 1.5, webhook: 1 }

/** The account of a merchant account: the emulator has one for every name. */
export const accountOf = (mid: MidId, change: Partial<ProviderAccount> = {}): ProviderAccount => ({
  mid,
  secret: Redacted.make(`sandbox_${mid}`),
  webhookSecrets: [Redacted.make("nmi_signing_key")],
  settings: {},
  live: false,
  ...change
})

/** Keeps a card in the emulated vault under an id of the test's own. */
const keepCard = (origin: string, id: string, number: string) =>
  Effect.promise(async () => {
    const response = await fetch(new URL("/tokens", origin), {
      method: "POST",
      headers: { "bt-api-key": "key_sandbox_private", "content-type": "application/json" },
      body: JSON.stringify({
        id,
        type: "card",
        data: { number, expiration_month: 12, expiration_year: 2034, cvc: "999" }
      })
    })
    if (response.status !== 201) throw new Error(`the card of ${id} was not kept: ${await response.text()}`)
  })

/** The driver against the emulators, which hold all the cards. */
export const nmiAgainst = (
  { nmi, basisTheory }: Sandbox,
  options: {
    readonly transport?: Transport
    readonly timings?: NmiTimings
    readonly change?: Partial<ProviderAccount>
  } = {}
) => {
  const { transport = exchangeOnce(), timings = shortTimings, change } = options
  return makeNmiDriver({
    origin: nmi.origin,
    transport,
    accounts: { get: (mid) => Effect.succeed(accountOf(mid, change)) },
    proxy: makeProxy(
      {
        origin: basisTheory.origin,
        apiKey: Redacted.make("key_sandbox_private"),
        publicKey: undefined,
        timings: { vaultDeadline: Duration.seconds(3), proxyDeadline: Duration.seconds(3) }
      },
      transport
    ),
    timings
  })
}

/** What really moved for a key, by the emulator's books; a refund's own key is asked of its transaction. */
const movedBy = (sandbox: Sandbox, key: string): Effect.Effect<Moved> =>
  Effect.promise(async () => {
    const { movements } = sandbox.nmi.books()
    const accounts = [...new Set(movements.map(({ account }) => account))]
    const reports = await Promise.all(
      accounts.map(async (account) => {
        const response = await fetch(new URL("/api/query.php", sandbox.nmi.origin), {
          method: "POST",
          body: new URLSearchParams({ security_key: `sandbox_${account}`, order_id: key })
        })
        return response.text()
      })
    )
    const ids = reports.flatMap((xml) =>
      [...xml.matchAll(/<transaction_id>(\d+)</g)].map(([, id = ""]) => id)
    )
    const amounts = (kind: string, is: (movement: (typeof movements)[number]) => boolean) =>
      movements.flatMap((movement) => (movement.kind === kind && is(movement) ? [movement.amount] : []))
    return {
      captures: amounts("captured", ({ order }) => order === key),
      refunds: amounts("refunded", ({ movement }) => ids.includes(movement)),
      // NMI keeps no key of a void, so it counts for the key that is named after its charge's.
      voids: amounts("voided", ({ order }) => key === `${order}-v` || key === `${order}-rv`)
    }
  })

/** Emulators that hold the cards above. */
export const sandboxWithCards = Effect.fnUntraced(function* (options: SandboxOptions = {}) {
  const sandbox = yield* startSandbox({ seconds: shortSeconds, proxyTimeout: 1200, ...options })
  for (const [id, number] of Object.entries(cards)) yield* keepCard(sandbox.basisTheory.origin, id, number)
  // Cards of the suite are charged again and again for the same amount: the key alone has to keep them apart.
  sandbox.nmi.configure("mid_under_test", { duplicateSeconds: 0 })
  return sandbox
})

export const nmiUnderTest = Layer.effect(
  ProviderUnderTest,
  Effect.gen(function* () {
    const sandbox = yield* sandboxWithCards()
    yield* Effect.promise(() =>
      fetch(new URL("/api/transact.php", sandbox.nmi.origin), {
        method: "POST",
        body: new URLSearchParams({
          security_key: "sandbox_mid_under_test",
          customer_vault: "add_customer",
          customer_vault_id: "kept_visa",
          ccnumber: "4111111111111111",
          ccexp: "1234"
        })
      })
    )
    return {
      provider: nmiAgainst(sandbox),
      moved: (key: string) => movedBy(sandbox, key)
    }
  })
)

export const nmiCapabilities: ReadonlyArray<Capability> = [
  "tokenCharge",
  "chargeLookup",
  "void",
  "refundLookup",
  "webhooks"
]

/** Codes that are declines and that a query shows as such, or not at all. */
const declines = Object.entries(resultCodes).flatMap(([code, { kind }]) =>
  kind === undefined || code.startsWith("4") ? [] : [{ token: token(`tok_${code}`), kind }]
)

export const nmiScenarios: ProviderScenarios = {
  captured: token("tok_captured"),
  declined: [
    ...declines,
    { token: faultToken("declined (201) at NMI only"), kind: "soft" },
    { token: faultToken("asked too often, nothing happened"), kind: "soft" },
    { token: faultToken("the proxy refuses before forwarding"), kind: "soft" },
    { token: token("tok_of_nobody"), kind: "soft" },
    { token: new VaultToken({ vaultId: "stub", tokenRef: "tok_captured" }), kind: "soft" },
    { token: token("tok }} {{ captured"), kind: "hard" }
  ],
  unanswered: [
    { name: "the money moves later", token: faultToken("worked on after 2 s, captured"), truth: "captured" },
    {
      name: "the proxy forwards and says 408",
      token: faultToken("the proxy forwards and says 408"),
      truth: "captured"
    },
    {
      name: "the proxy says 408 and forwards later",
      token: faultToken("the proxy says 408 and forwards 8 s later"),
      truth: "captured"
    },
    {
      name: "the proxy says 408 and never forwards",
      token: faultToken("the proxy says 408 and never forwards"),
      truth: "nothing"
    }
  ],
  provesNothing: [
    ...[
      "money moves, connection cut",
      "answered with an error, money moves 8 s later",
      "answered as pending, money moves 8 s later",
      "connection cut, money moves 8 s later",
      "money moves, a 502",
      "money moves, an answer that says duplicate",
      "money moves, an answer that is HTML",
      "money moves, an answer cut in the middle",
      "money moves, an empty answer",
      "money moves, the answer's body twice",
      "money moves, an answer that contradicts itself",
      "the same in another way",
      "the same in a third way",
      "money moves, connection cut, lookups see nothing for 20 s"
    ].map((does) => ({ name: does, token: faultToken(does) })),
    ...["101", "300", "400", "420", "421", "430", "440", "441"].map((code) => ({
      name: `${code}, and the money moved`,
      token: token(`tok_${code}_moves`)
    }))
  ],
  slow: faultToken("money moves, answered after 45 s"),
  paymentMethodRef: "kept_visa"
}
