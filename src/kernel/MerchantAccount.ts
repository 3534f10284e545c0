import { Schema } from "effect"
import { CardBrand, Country } from "./Card.ts"
import { ProductCategory } from "./Category.ts"
import { EntityId, MidId, ProviderName } from "./ids.ts"
import { Currency } from "./Money.ts"

/** `pending`: not boarded yet. `suspended`: the acquirer holds it. `closed`: for good. Only `active` charges. */
export const MidStatus = Schema.Literals(["pending", "active", "suspended", "closed"])
export type MidStatus = typeof MidStatus.Type

/** How risky a charge looks to whoever asks for it. */
export const RiskLevel = Schema.Literals(["low", "medium", "high"])
export type RiskLevel = typeof RiskLevel.Type

/** What a merchant account accepts. An absent rule restricts nothing. */
export class AcceptanceRules extends Schema.Class<AcceptanceRules>("AcceptanceRules")({
  currencies: Schema.Array(Currency),
  /** Minor units, both inclusive. */
  minimumAmount: Schema.optionalKey(Schema.Int),
  maximumAmount: Schema.optionalKey(Schema.Int),
  cardBrands: Schema.optionalKey(Schema.Array(CardBrand)),
  /** Countries of issue that are served. */
  countries: Schema.optionalKey(Schema.Array(Country)),
  /** Vaults whose tokens the account can charge. */
  vaults: Schema.optionalKey(Schema.Array(Schema.String)),
  /** BIN prefixes that the acquirer refuses. */
  blockedBins: Schema.optionalKey(Schema.Array(Schema.String)),
  highestRisk: Schema.optionalKey(RiskLevel)
}) {}

/**
 * What has to be on record before a live account charges: counsel's word that its company may sell this through it,
 * banking confirmed, credentials handed over, the provider's contract run passed against them.
 */
export const Gate = Schema.Literals(["counsel", "banking", "credentials", "contract_run"])
export type Gate = typeof Gate.Type

/** One gate that is passed, with whoever vouches for it. */
export const PassedGate = Schema.Struct({
  gate: Gate,
  by: Schema.String,
  /** Whose key that is, where they have another one as well. */
  person: Schema.optionalKey(Schema.String),
  at: Schema.DateTimeUtcFromString
})
export type PassedGate = typeof PassedGate.Type

/**
 * A merchant account (MID): one entity at one processor, underwritten for some of that entity's categories.
 * Its kill switch stops new sends at once; a charge in flight runs to its end.
 */
export class MerchantAccount extends Schema.Class<MerchantAccount>("MerchantAccount")({
  id: MidId,
  entity: EntityId,
  provider: ProviderName,
  /** The name of the secret that the processor knows this account by; the secret itself is never stored. */
  credentials: Schema.optionalKey(Schema.NonEmptyString),
  /** What the processor wants to know besides, such as NMI's `processor_id`. */
  settings: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
  /** It moves real money, so every {@link Gate} must be passed first. */
  live: Schema.optionalKey(Schema.Boolean),
  gates: Schema.optionalKey(Schema.Array(PassedGate)),
  name: Schema.NonEmptyString,
  status: MidStatus,
  killSwitch: Schema.Boolean,
  underwrittenFor: Schema.Array(ProductCategory),
  accepts: AcceptanceRules,
  /** Lower is tried first. */
  priority: Schema.Int,
  /** The share of traffic among accounts of one priority; from 1 to 1000. */
  weight: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1000 })),
  /** What the acquirer approved to be captured in a calendar month (UTC), in minor units. */
  monthlyCap: Schema.optionalKey(Schema.Struct({ amount: Schema.Int, currency: Currency }))
}) {}

/** The gates that a live account has not passed yet; an account that is not live needs none. */
export const missingGates = ({ live, gates }: MerchantAccount): ReadonlyArray<Gate> =>
  live === true ? Gate.literals.filter((gate) => !gates?.some((passed) => passed.gate === gate)) : []

/** Who alone vouches for all gates of a live account. Nobody lets an account go live alone. */
export const gatesByOnePerson = (account: MerchantAccount): string | undefined => {
  const { live, gates = [] } = account
  const [one, ...others] = new Set(gates.map(({ by, person = by }) => person))
  return live === true && missingGates(account).length === 0 && others.length === 0 ? one : undefined
}
