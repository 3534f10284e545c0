import { Schema } from "effect"
import { CardBrand } from "../Card.ts"
import { ProductCategory } from "../Category.ts"
import { MidId } from "../ids.ts"
import { Gate, MidStatus, RiskLevel } from "../MerchantAccount.ts"
import { Currency } from "../Money.ts"

/** Why a merchant account was not chosen. Each names the exact difference between the account and the charge. */
export const ExclusionReason = Schema.Union([
  Schema.TaggedStruct("KillSwitchOn", {}),
  Schema.TaggedStruct("NotActive", { status: MidStatus }),
  Schema.TaggedStruct("ProviderNotConfigured", { provider: Schema.String }),
  /** The secret of that name is not there. */
  Schema.TaggedStruct("CredentialsMissing", { credentials: Schema.String }),
  Schema.TaggedStruct("GatesMissing", { missing: Schema.Array(Gate) }),
  /** One person alone vouches for all of its gates. */
  Schema.TaggedStruct("GatesByOnePerson", { by: Schema.String }),
  Schema.TaggedStruct("CategoryNotUnderwritten", {
    category: ProductCategory,
    underwritten: Schema.Array(ProductCategory)
  }),
  Schema.TaggedStruct("CurrencyNotAccepted", { currency: Currency, accepted: Schema.Array(Currency) }),
  Schema.TaggedStruct("AmountBelowMinimum", { amount: Schema.Int, minimum: Schema.Int }),
  Schema.TaggedStruct("AmountAboveMaximum", { amount: Schema.Int, maximum: Schema.Int }),
  Schema.TaggedStruct("CardBrandNotAccepted", { brand: CardBrand, accepted: Schema.Array(CardBrand) }),
  Schema.TaggedStruct("VaultNotServed", { vault: Schema.String, served: Schema.Array(Schema.String) }),
  Schema.TaggedStruct("CountryNotServed", { country: Schema.String, served: Schema.Array(Schema.String) }),
  Schema.TaggedStruct("BinBlocked", { bin: Schema.String, prefix: Schema.String }),
  Schema.TaggedStruct("RiskTooHigh", { risk: RiskLevel, highest: RiskLevel }),
  /** Minor units of the cap's currency: what was captured this month, what this charge would add, what is approved. */
  Schema.TaggedStruct("MonthlyCapReached", { captured: Schema.Int, amount: Schema.Int, cap: Schema.Int })
])
export type ExclusionReason = typeof ExclusionReason.Type

/** One merchant account that was left out, with every reason, the weightiest first. */
export const LeftOut = Schema.Struct({ mid: MidId, reasons: Schema.NonEmptyArray(ExclusionReason) })
export type LeftOut = typeof LeftOut.Type

/** A reason as it is told: whoever may not know what was captured on the account hears of the charge alone. */
export const ToldReason = Schema.Union([
  ...ExclusionReason.members,
  Schema.TaggedStruct("MonthlyCapReached", { amount: Schema.Int })
])
export type ToldReason = typeof ToldReason.Type

export const ToldLeftOut = Schema.Struct({ mid: MidId, reasons: Schema.NonEmptyArray(ToldReason) })
export type ToldLeftOut = typeof ToldLeftOut.Type

/** The reason without what was captured on the account. */
export const withoutVolume = (reason: ToldReason): ToldReason =>
  reason._tag === "MonthlyCapReached" ? { _tag: reason._tag, amount: reason.amount } : reason

/** The reason as a sentence for a person. */
export const describe = (reason: ToldReason): string => {
  switch (reason._tag) {
    case "KillSwitchOn":
      return "its kill switch is on"
    case "NotActive":
      return `its status is ${reason.status}, not active`
    case "ProviderNotConfigured":
      return `no driver is configured for its provider ${reason.provider}`
    case "CredentialsMissing":
      return `its credentials ${reason.credentials} are not configured`
    case "GatesMissing":
      return `it is live and its gates ${list(reason.missing)} are not passed`
    case "GatesByOnePerson":
      return `it is live and ${reason.by} alone passed its gates; a second operator has to vouch for one of them`
    case "CategoryNotUnderwritten":
      return `it is underwritten for ${list(reason.underwritten)}, not for ${reason.category}`
    case "CurrencyNotAccepted":
      return `it accepts ${list(reason.accepted)}, not ${reason.currency}`
    case "AmountBelowMinimum":
      return `${reason.amount} is below its minimum of ${reason.minimum} minor units`
    case "AmountAboveMaximum":
      return `${reason.amount} is above its maximum of ${reason.maximum} minor units`
    case "CardBrandNotAccepted":
      return `it accepts ${list(reason.accepted)}, not ${reason.brand}`
    case "VaultNotServed":
      return `it charges tokens of ${list(reason.served)}, not of ${reason.vault}`
    case "CountryNotServed":
      return `it serves cards of ${list(reason.served)}, not of ${reason.country}`
    case "BinBlocked":
      return `it refuses BINs that begin with ${reason.prefix}, and this one is ${reason.bin}`
    case "RiskTooHigh":
      return `it takes risk up to ${reason.highest}, and this charge is ${reason.risk}`
    case "MonthlyCapReached":
      return "captured" in reason
        ? `${reason.captured} of the ${reason.cap} minor units approved for this month are used, and ${reason.amount} do not fit`
        : `${reason.amount} minor units do not fit under what is approved for this month`
  }
}

const list = (values: ReadonlyArray<string>): string => (values.length === 0 ? "nothing" : values.join(", "))
