import { codeOf } from "../http/errorBody.ts"
import { seesVolumes } from "../kernel/access/volumes.ts"
import {
  describe,
  type ToldLeftOut as KernelLeftOut,
  type ToldReason as Reason,
  withoutVolume
} from "../kernel/routing/ExclusionReason.ts"
import { builder } from "./builder.ts"
import type { GraphqlContext } from "./context.ts"
import { CardBrand, Currency, Gate, MidStatus, ProductCategory, RiskLevel } from "./enums.ts"
import { MerchantAccount } from "./refs.ts"
import { known } from "./registry.ts"

const asSeen = (reason: Reason, context: GraphqlContext): Reason =>
  seesVolumes(context) ? reason : withoutVolume(reason)

/** Why an account was left out. Each reason is a type of its own with the exact difference in its fields. */
export const ExclusionReason = builder.interfaceRef<Reason>("ExclusionReason").implement({
  description: "Why a merchant account was left out of a charge.",
  resolveType: ({ _tag }) => `Mid${_tag}`,
  fields: (t) => ({
    code: t.string({
      description: "For programs: `kill_switch_on`, `currency_not_accepted`.",
      resolve: ({ _tag }) => codeOf(_tag)
    }),
    sentence: t.string({
      description: "For people: `its kill switch is on`.",
      resolve: (reason, _args, context) => describe(asSeen(reason, context))
    })
  })
})

type ReasonOf<Tag extends Reason["_tag"]> = Extract<Reason, { readonly _tag: Tag }>

const reason = <Tag extends Reason["_tag"]>(tag: Tag) => builder.objectRef<ReasonOf<Tag>>(`Mid${tag}`)

reason("KillSwitchOn").implement({
  description: "Nothing new is sent to it.",
  interfaces: [ExclusionReason]
})

reason("NotActive").implement({
  interfaces: [ExclusionReason],
  fields: (t) => ({ status: t.expose("status", { type: MidStatus }) })
})

reason("ProviderNotConfigured").implement({
  description: "This process has no driver for its processor.",
  interfaces: [ExclusionReason],
  fields: (t) => ({ provider: t.exposeString("provider") })
})

reason("CategoryNotUnderwritten").implement({
  interfaces: [ExclusionReason],
  fields: (t) => ({
    category: t.expose("category", { type: ProductCategory, description: "What is sold." }),
    underwritten: t.expose("underwritten", { type: [ProductCategory] })
  })
})

reason("CurrencyNotAccepted").implement({
  interfaces: [ExclusionReason],
  fields: (t) => ({
    currency: t.expose("currency", { type: Currency }),
    accepted: t.expose("accepted", { type: [Currency] })
  })
})

reason("AmountBelowMinimum").implement({
  interfaces: [ExclusionReason],
  fields: (t) => ({
    amount: t.expose("amount", { type: "MinorUnits" }),
    minimum: t.expose("minimum", { type: "MinorUnits" })
  })
})

reason("AmountAboveMaximum").implement({
  interfaces: [ExclusionReason],
  fields: (t) => ({
    amount: t.expose("amount", { type: "MinorUnits" }),
    maximum: t.expose("maximum", { type: "MinorUnits" })
  })
})

reason("CardBrandNotAccepted").implement({
  interfaces: [ExclusionReason],
  fields: (t) => ({
    brand: t.expose("brand", { type: CardBrand }),
    accepted: t.expose("accepted", { type: [CardBrand] })
  })
})

reason("CountryNotServed").implement({
  interfaces: [ExclusionReason],
  fields: (t) => ({
    country: t.exposeString("country", { description: "Where the card was issued." }),
    served: t.exposeStringList("served")
  })
})

reason("VaultNotServed").implement({
  interfaces: [ExclusionReason],
  fields: (t) => ({
    vault: t.exposeString("vault", { description: "The vault that keeps the card." }),
    served: t.exposeStringList("served", { description: "Vaults whose tokens the account can charge." })
  })
})

reason("CredentialsMissing").implement({
  interfaces: [ExclusionReason],
  fields: (t) => ({
    credentials: t.exposeString("credentials", { description: "The name of the secret that is not there." })
  })
})

reason("GatesMissing").implement({
  description: "It moves real money, and something that has to be on record before is not.",
  interfaces: [ExclusionReason],
  fields: (t) => ({ missing: t.expose("missing", { type: [Gate] }) })
})

reason("GatesByOnePerson").implement({
  description: "It moves real money, and one person alone vouches for all of its gates.",
  interfaces: [ExclusionReason],
  fields: (t) => ({ by: t.exposeString("by") })
})

reason("BinBlocked").implement({
  interfaces: [ExclusionReason],
  fields: (t) => ({
    bin: t.exposeString("bin"),
    prefix: t.exposeString("prefix", { description: "What the acquirer refuses." })
  })
})

reason("RiskTooHigh").implement({
  interfaces: [ExclusionReason],
  fields: (t) => ({
    risk: t.expose("risk", { type: RiskLevel }),
    highest: t.expose("highest", { type: RiskLevel, description: "The highest that it takes." })
  })
})

reason("MonthlyCapReached").implement({
  description: "The charge does not fit under what the acquirer approved for this month.",
  interfaces: [ExclusionReason],
  fields: (t) => ({
    captured: t.field({
      type: "MinorUnits",
      nullable: true,
      description: "Used so far; null where your key does not read everybody's payments on the account.",
      resolve: (one, _args, context) => ("captured" in one && seesVolumes(context) ? one.captured : null)
    }),
    amount: t.expose("amount", { type: "MinorUnits", description: "What this charge would add." }),
    cap: t.field({
      type: "MinorUnits",
      nullable: true,
      description: "Null where `captured` is.",
      resolve: (one, _args, context) => ("cap" in one && seesVolumes(context) ? one.cap : null)
    })
  })
})

export const LeftOutAccount = builder.objectRef<KernelLeftOut>("LeftOutAccount").implement({
  description: "A merchant account that was left out, with every reason, the weightiest first.",
  fields: (t) => ({
    midId: t.exposeString("mid"),
    merchantAccount: t.field({
      type: MerchantAccount,
      resolve: ({ mid }, _args, context) => known(context.registry().accounts, mid)
    }),
    reasons: t.expose("reasons", { type: [ExclusionReason] })
  })
})
