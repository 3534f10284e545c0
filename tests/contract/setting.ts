// What a contract run has to know before it sends anything, from the environment of whoever runs it.
import { Option, Redacted, Schema } from "effect"
import { ServiceOrigin } from "../../src/layers/transport/ServiceOrigin.ts"

export type Environment = Readonly<Record<string, string | undefined>>

/** A processor whose driver can be tried against a sandbox. */
interface Contract {
  readonly secret: string
  /** What the secret has to be, for people. */
  readonly wants: string
  /** A second account's, where a law needs two. */
  readonly otherSecret: string
  readonly origin: string
  readonly standardOrigin: string
  /** Why nothing is sent with such a secret. */
  readonly refuses: (secret: string) => string | undefined
}

const contracts = {
  stripe: {
    secret: "CONTRACT_STRIPE_SECRET",
    wants: "a secret key of Stripe's test mode, sk_test_..., of an account that may send raw card data",
    otherSecret: "CONTRACT_STRIPE_OTHER_SECRET",
    origin: "STRIPE_ORIGIN",
    standardOrigin: "https://api.stripe.com",
    refuses: (secret) =>
      /^(sk|rk)_test_\w+$/.test(secret) ? undefined : "is no secret key of Stripe's test mode (sk_test_...)"
  },
  nmi: {
    secret: "CONTRACT_NMI_SECRET",
    wants: "the security key of an NMI sandbox account, or of one that is in test mode",
    otherSecret: "CONTRACT_NMI_OTHER_SECRET",
    origin: "NMI_ORIGIN",
    // Accounts of the sandbox are served there and nowhere else.
    standardOrigin: "https://sandbox.nmi.com",
    refuses: (secret) => (/^[\x21-\x7e]{8,128}$/.test(secret) ? undefined : "is no security key of NMI's")
  }
} satisfies Readonly<Record<string, Contract>>

export type ContractName = keyof typeof contracts

const isContractName = (name: string): name is ContractName => Object.hasOwn(contracts, name)

/** The names, for people. */
export const contractNames: ReadonlyArray<string> = Object.keys(contracts)

/** Everything that a run needs. */
export interface Setting {
  readonly name: ContractName
  readonly origin: string
  readonly secret: Redacted.Redacted<string>
  readonly otherSecret: Redacted.Redacted<string> | undefined
  readonly vault: { readonly origin: string; readonly apiKey: Redacted.Redacted<string> }
  /** Emulators, so there is nothing to wait for, and nothing that a gate could rest on. */
  readonly onThisMachine: boolean
  /** The host at NMI whose accounts never charge for real. */
  readonly sandboxHost: string
}

export type Reading =
  | { readonly _tag: "Ready"; readonly setting: Setting }
  | { readonly _tag: "Unknown" }
  | { readonly _tag: "Refused"; readonly problem: string }
  | {
      readonly _tag: "Missing"
      readonly missing: ReadonlyArray<{ readonly variable: string; readonly wants: string }>
    }

const vaultKey = "CONTRACT_BASIS_THEORY_KEY"
const vaultWants =
  "the key of a private application of a Basis Theory test tenant: token:create, token:use, token:delete, proxy:invoke"

/** Where accounts charge real cards, whatever somebody takes them for. */
const productionHosts = new Set(["secure.nmi.com", "secure.networkmerchants.com"])

const refused = (problem: string): Reading => ({ _tag: "Refused", problem })

const decodeOrigin = Schema.decodeUnknownOption(ServiceOrigin)

/** Reads the environment. A live credential is refused whatever else is there or is not. */
export const readSetting = (name: string, environment: Environment): Reading => {
  if (!isContractName(name)) return { _tag: "Unknown" }
  const contract: Contract = contracts[name]
  const { secret, otherSecret } = contract
  const given = (variable: string): string | undefined => {
    const value = environment[variable]?.trim() ?? ""
    return value === "" ? undefined : value
  }
  for (const variable of [secret, otherSecret, vaultKey]) {
    const value = given(variable)
    if (value === undefined) continue
    if (/^\w+_live_/.test(value)) {
      return refused(`${variable} is a live credential. Contract runs charge cards; nothing was sent.`)
    }
    const problem = variable === vaultKey ? undefined : contract.refuses(value)
    if (problem !== undefined) return refused(`${variable} ${problem}. Nothing was sent.`)
  }
  const origins = [
    [contract.origin, contract.standardOrigin],
    ["BASIS_THEORY_ORIGIN", "https://api.basistheory.com"]
  ].map(([variable = "", standard = ""]) => ({
    variable,
    origin: Option.getOrUndefined(decodeOrigin(given(variable) ?? standard))
  }))
  for (const { variable, origin } of origins) {
    if (origin === undefined) {
      return refused(
        `${variable} has to be an origin such as https://api.example; http:// only on this machine.`
      )
    }
  }
  const sandboxHost = given("CONTRACT_NMI_SANDBOX_HOST") ?? "sandbox.nmi.com"
  if (productionHosts.has(sandboxHost)) {
    return refused(`CONTRACT_NMI_SANDBOX_HOST: ${sandboxHost} is no sandbox. Nothing was sent.`)
  }
  const [processor = "", vault = ""] = origins.map(({ origin = "" }) => origin)

  const secretValue = given(secret)
  const vaultValue = given(vaultKey)
  if (secretValue === undefined || vaultValue === undefined) {
    return {
      _tag: "Missing",
      missing: [
        ...(secretValue === undefined ? [{ variable: secret, wants: contract.wants }] : []),
        ...(vaultValue === undefined ? [{ variable: vaultKey, wants: vaultWants }] : [])
      ]
    }
  }
  const other = given(otherSecret)
  if (other === secretValue) return refused(`${otherSecret} is the same as ${secret}. Nothing was sent.`)
  return {
    _tag: "Ready",
    setting: {
      name,
      origin: processor,
      secret: Redacted.make(secretValue),
      otherSecret: other === undefined ? undefined : Redacted.make(other),
      vault: { origin: vault, apiKey: Redacted.make(vaultValue) },
      onThisMachine: [processor, vault].every((origin) => origin.startsWith("http://")),
      sandboxHost
    }
  }
}

/** The setting of this process, for the laws themselves: they are not to be run without one. */
export const readySetting = (name: ContractName): Setting => {
  const reading = readSetting(name, process.env)
  if (reading._tag === "Ready") return reading.setting
  throw new Error(
    reading._tag === "Refused"
      ? reading.problem
      : `run it as: npm run contract -- ${name}, with its credentials`
  )
}

/** The variable that would let the law about two accounts be tried. */
export const otherSecretOf = (name: ContractName): string => contracts[name].otherSecret
