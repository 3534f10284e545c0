// What the runs against every processor share: the cards in the vault, and the way on which requests go.
import { Duration, Effect, Redacted } from "effect"
import { randomInt } from "node:crypto"
import { afterAll } from "vitest"
import { VaultToken } from "../../src/kernel/Card.ts"
import type { MidId } from "../../src/kernel/ids.ts"
import { AccountNotReady, type ProviderAccounts } from "../../src/layers/providers/ProviderAccounts.ts"
import { exchangeOnce } from "../../src/layers/transport/exchangeOnce.ts"
import { makeBasisTheoryVault, vaultId } from "../../src/layers/vault/basis-theory/BasisTheoryVault.ts"
import type { BasisTheorySettings } from "../../src/layers/vault/basis-theory/config.ts"
import { paced } from "./interfering.ts"
import type { Setting } from "./setting.ts"

/**
 * A person waits for these, so they are shorter than in service; the horizon is only ever the stricter for it.
 * A test tenant of the vault takes 50 requests in 10 seconds, Stripe's test mode 25 in one; of NMI nobody says.
 */
const times = {
  sandbox: {
    answer: Duration.seconds(20),
    read: Duration.seconds(10),
    /** The proxy gives a destination 25 seconds. */
    proxy: Duration.seconds(30),
    horizon: Duration.seconds(20),
    late: Duration.seconds(4),
    betweenRequests: { vault: Duration.millis(250), processor: Duration.millis(100) }
  },
  thisMachine: {
    answer: Duration.seconds(2),
    read: Duration.seconds(3),
    proxy: Duration.seconds(3),
    horizon: Duration.millis(500),
    late: Duration.millis(500),
    betweenRequests: { vault: Duration.zero, processor: Duration.zero }
  }
}

export const timesOf = ({ onThisMachine }: Setting) => (onThisMachine ? times.thisMachine : times.sandbox)

/** Each request sent once, with some time in between. */
export const transportTo = (setting: Setting) => {
  const { vault, processor } = timesOf(setting).betweenRequests
  const vaultHost = new URL(setting.vault.origin).host
  return paced(exchangeOnce(), (host) => (host === vaultHost ? vault : processor))
}

export const vaultSettings = (setting: Setting): BasisTheorySettings => {
  const { read, proxy } = timesOf(setting)
  return {
    ...setting.vault,
    publicKey: undefined,
    timings: { vaultDeadline: read, proxyDeadline: proxy }
  }
}

/** The accounts of a driver: the one that is tried, and the other one's if there is one. */
export const accountsOf = (
  { secret, otherSecret }: Setting,
  settings: Readonly<Record<string, string>> = {}
): ProviderAccounts["Service"] => ({
  get: (mid: MidId) => {
    const own = mid === "mid_under_test" ? secret : otherSecret
    return own === undefined
      ? Effect.fail(new AccountNotReady({ mid, problem: "the run has no credentials of it" }))
      : Effect.succeed({
          mid,
          secret: own,
          webhookSecrets: [Redacted.make("whsec_of_nobody")],
          settings,
          live: false
        })
  }
})

/** Vaults published test cards by the shipped vault, until the laws are through. */
export const keepCards = async <Name extends string>(
  setting: Setting,
  numbers: Readonly<Record<Name, string>>
): Promise<(name: Name) => VaultToken> => {
  const vault = makeBasisTheoryVault(vaultSettings(setting), transportTo(setting))
  const kept = new Map<string, VaultToken>()
  afterAll(async () => {
    for (const token of kept.values()) await forget(setting, token)
  })
  for (const [name, number] of Object.entries<string>(numbers)) {
    const { token } = await Effect.runPromise(
      vault.vaultCard({
        number: Redacted.make(number),
        expiryMonth: 10,
        expiryYear: new Date().getFullYear() + 3,
        securityCode: Redacted.make(number.startsWith("3") ? "9999" : "999")
      })
    )
    // What goes wrong for one card would go wrong for the other.
    if ([...kept.values()].some(({ tokenRef }) => tokenRef === token.tokenRef)) {
      throw new Error("the vault keeps a number once; a tenant that does not deduplicate tokens is needed")
    }
    kept.set(name, token)
  }
  return (name) => {
    const token = kept.get(name)
    if (token === undefined) throw new Error(`no card ${name} was vaulted`)
    return token
  }
}

/** A key that may not delete leaves them: they are test cards. */
const forget = async ({ vault }: Setting, { tokenRef }: VaultToken): Promise<void> => {
  await fetch(new URL(`/tokens/${tokenRef}`, vault.origin), {
    method: "DELETE",
    headers: { "bt-api-key": Redacted.value(vault.apiKey) }
  }).then(
    (answer) => answer.body?.cancel(),
    () => {}
  )
}

/** No two charges of a run are alike, nor of two runs in a row. Minor units. */
export const amounts = (): (() => number) => {
  let last = randomInt(1000, 90_000)
  return () => (last += 1)
}

/** Tokens that no processor is ever sent. */
export const unchargeable = {
  ofNobody: new VaultToken({ vaultId, tokenRef: "00000000-0000-4000-8000-000000000000" }),
  ofAnotherVault: new VaultToken({ vaultId: "stub", tokenRef: "tok_1" }),
  noToken: new VaultToken({ vaultId, tokenRef: "tok }} {{ captured" })
}
