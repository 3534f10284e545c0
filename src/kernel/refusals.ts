import { Schema } from "effect"
import { withoutCardNumber } from "./cardNumbers.ts"
import { ProductCategory } from "./Category.ts"
import { SessionId } from "./ids.ts"
import { describe, ToldLeftOut } from "./routing/ExclusionReason.ts"
import { PassedOver } from "./PaymentLedger.ts"
import { FulfilmentBlocker, SessionState } from "./PaymentSession.ts"

// Every refusal names the field that it is about and says in one sentence what would be right. When one of
// these is answered, nothing was written and nothing was sent.

/** A value that is malformed by itself. `field` is a path into the request: `intent.lineItems[1].quantity`. */
export class InvalidInput extends Schema.TaggedError<InvalidInput>()("InvalidInput", {
  field: Schema.String,
  problem: Schema.String
}) {
  override get message(): string {
    return `${this.field} ${this.problem}`
  }
}

export class UnknownEntity extends Schema.TaggedError<UnknownEntity>()("UnknownEntity", {
  entity: Schema.String,
  known: Schema.Array(Schema.String)
}) {
  get field(): string {
    return "entity"
  }
  override get message(): string {
    return `there is no entity ${quote(this.entity)}; entities that collect are ${this.known.join(", ")}`
  }
}

export class EntityCannotCollect extends Schema.TaggedError<EntityCannotCollect>()("EntityCannotCollect", {
  entity: Schema.String
}) {
  get field(): string {
    return "entity"
  }
  override get message(): string {
    return `${this.entity} pays out only and can never collect; name the entity that sells`
  }
}

export class UnknownBrand extends Schema.TaggedError<UnknownBrand>()("UnknownBrand", {
  brand: Schema.String,
  known: Schema.Array(Schema.String)
}) {
  get field(): string {
    return "brand"
  }
  override get message(): string {
    return `there is no brand ${quote(this.brand)}; brands are ${this.known.join(", ")}`
  }
}

export class BrandNotOfEntity extends Schema.TaggedError<BrandNotOfEntity>()("BrandNotOfEntity", {
  brand: Schema.String,
  entity: Schema.String,
  allowed: Schema.Array(Schema.String)
}) {
  get field(): string {
    return "brand"
  }
  override get message(): string {
    return `${this.entity} may not collect under ${this.brand}; under it may ${this.allowed.join(", ") || "nobody"}`
  }
}

export class UnknownPrice extends Schema.TaggedError<UnknownPrice>()("UnknownPrice", {
  field: Schema.String,
  price: Schema.String
}) {
  override get message(): string {
    return `the catalogue has no price ${quote(this.price)}; use one that it has, or priceData`
  }
}

export class UnknownPlan extends Schema.TaggedError<UnknownPlan>()("UnknownPlan", { plan: Schema.String }) {
  get field(): string {
    return "intent.planKey"
  }
  override get message(): string {
    return `the catalogue has no plan ${quote(this.plan)}`
  }
}

export class MixedCurrencies extends Schema.TaggedError<MixedCurrencies>()("MixedCurrencies", {
  field: Schema.String,
  currency: Schema.String,
  others: Schema.String
}) {
  override get message(): string {
    return `this line is in ${this.currency} and the lines before it are in ${this.others}; one session has one currency`
  }
}

export class MixedCategories extends Schema.TaggedError<MixedCategories>()("MixedCategories", {
  field: Schema.String,
  category: ProductCategory,
  others: ProductCategory
}) {
  override get message(): string {
    return `this line is ${this.category} and the lines before it are ${this.others}; one charge is underwritten for one category, so declare a session for each`
  }
}

export class CategoryClaimDisagrees extends Schema.TaggedError<CategoryClaimDisagrees>()(
  "CategoryClaimDisagrees",
  {
    claimed: ProductCategory,
    derived: ProductCategory
  }
) {
  get field(): string {
    return "product"
  }
  override get message(): string {
    return `the catalogue says ${this.derived}, not ${this.claimed}; leave product out, or say ${this.derived}`
  }
}

export class CategoryNotUnderwritten extends Schema.TaggedError<CategoryNotUnderwritten>()(
  "CategoryNotUnderwritten",
  {
    entity: Schema.String,
    category: ProductCategory,
    underwritten: Schema.Array(ProductCategory)
  }
) {
  get field(): string {
    return "entity"
  }
  override get message(): string {
    return `${this.entity} is underwritten for ${this.underwritten.join(", ") || "nothing"}, not for ${this.category}; it may not collect for it`
  }
}

export class RedirectNotAllowed extends Schema.TaggedError<RedirectNotAllowed>()("RedirectNotAllowed", {
  field: Schema.String,
  origin: Schema.String,
  allowed: Schema.Array(Schema.String)
}) {
  override get message(): string {
    return `${quote(this.origin)} is not an origin of the brand; allowed are ${this.allowed.join(", ") || "none"}`
  }
}

export class NoEligibleMerchantAccount extends Schema.TaggedError<NoEligibleMerchantAccount>()(
  "NoEligibleMerchantAccount",
  {
    entity: Schema.String,
    leftOut: Schema.Array(ToldLeftOut),
    /** Accounts that the write-ahead passed over because they were stopped after they had been chosen. */
    passedOver: Schema.Array(PassedOver)
  }
) {
  get field(): string {
    return "entity"
  }
  override get message(): string {
    const reasons = [
      ...this.leftOut.map((left) => `${left.mid}: ${left.reasons.map(describe).join(" and ")}`),
      ...this.passedOver.map(({ mid, reason }) => `${mid}: ${reason.replaceAll("_", " ")}`)
    ]
    return `no merchant account of ${this.entity} may serve this charge${reasons.length === 0 ? "; it has none" : ` (${reasons.join("; ")})`}`
  }
}

/** `session` and `state` are left out where it is of a company or brand that the caller does not deal with. */
export class OrderAlreadyDeclared extends Schema.TaggedError<OrderAlreadyDeclared>()("OrderAlreadyDeclared", {
  orderReference: Schema.String,
  session: Schema.optionalKey(SessionId),
  state: Schema.optionalKey(SessionState)
}) {
  get field(): string {
    return "orderReference"
  }
  override get message(): string {
    if (this.session === undefined || this.state === undefined) {
      return `the order ${quote(this.orderReference)} has a session already, which your key does not see; do not ask for this payment again before you know what became of that one`
    }
    return `the order ${quote(this.orderReference)} has the session ${this.session}, which is ${this.state}; ${this.state === "pending" ? "pay that one, or cancel it first" : this.state === "settled" ? "the order is paid" : "wait for its outcome, and do not pay again"}`
  }
}

/** `differences` are empty where the other request is of a company or brand that the caller does not deal with. */
export class IdempotencyKeyReused extends Schema.TaggedError<IdempotencyKeyReused>()("IdempotencyKeyReused", {
  differences: Schema.Array(
    Schema.Struct({ field: Schema.String, before: Schema.String, now: Schema.String })
  )
}) {
  get field(): string {
    return "Idempotency-Key"
  }
  override get message(): string {
    const changes = this.differences.map(({ field, before, now }) => `${field} was ${before} and is ${now}`)
    const told = changes.length === 0 ? "" : ` (${changes.join("; ")})`
    return `the key came before with another request${told}; a new request needs a new key`
  }
}

export class UnknownSession extends Schema.TaggedError<UnknownSession>()("UnknownSession", {
  session: Schema.String
}) {
  /** For an id that somebody wrote into an address: it may be anything, and a card number is not repeated. */
  static of(id: string): UnknownSession {
    return new UnknownSession({ session: withoutCardNumber(id) })
  }
  get field(): string {
    return "session"
  }
  override get message(): string {
    return `there is no session ${quote(this.session)}`
  }
}

/** The session is in a state in which this cannot be done. For `in_review` the words matter: nobody pays again. */
export class SessionNotPayable extends Schema.TaggedError<SessionNotPayable>()("SessionNotPayable", {
  session: SessionId,
  state: SessionState
}) {
  get field(): string {
    return "session"
  }
  override get message(): string {
    switch (this.state) {
      case "pending":
        return "the session is pending and may be paid"
      case "processing":
        return "a charge for this session is on its way; wait for its outcome and do not pay again"
      case "in_review":
        return "the outcome of the charge is unknown and is being checked; you will not be charged twice, do not pay again"
      case "settled":
        return "the session is paid; there is nothing left to pay"
      case "failed":
        return "the session has failed; declare a new one"
      case "cancelled":
        return "the session was cancelled; declare a new one"
      case "expired":
        return "the session expired; declare a new one"
    }
  }
}

/** Fulfilment was asked for before the money is certain. */
export class SessionNotSettled extends Schema.TaggedError<SessionNotSettled>()("SessionNotSettled", {
  session: SessionId,
  state: SessionState
}) {
  get field(): string {
    return "session"
  }
  override get message(): string {
    return `the session is ${this.state}; fulfil only what is settled`
  }
}

/** Asked too often. Nothing was charged, and nothing else was done. */
export class RateLimited extends Schema.TaggedError<RateLimited>()("RateLimited", {
  /** What there was too much of: requests or payments with one API key, tries of one session or with one card. */
  limit: Schema.Literals(["requests", "payments", "session", "card"]),
  /** After how many seconds the same may be asked again. */
  retryAfterSeconds: Schema.Int
}) {
  /** For a wait that the storage measured. */
  static after(limit: RateLimited["limit"], milliseconds: number): RateLimited {
    return new RateLimited({ limit, retryAfterSeconds: Math.max(1, Math.ceil(milliseconds / 1000)) })
  }
  get field(): string {
    switch (this.limit) {
      case "requests":
      case "payments":
        return "Authorization"
      case "session":
        return "session"
      case "card":
        return "vaultToken"
    }
  }
  override get message(): string {
    const what = {
      requests: "your API key has asked too often",
      payments: "your API key has declared and confirmed too many payments",
      session: "this session was tried too often",
      card: "this card was tried too often"
    }[this.limit]
    return `${what}; nothing was charged. Ask the same again in ${this.retryAfterSeconds} seconds`
  }
}

/** Fulfilment was asked for after the money went back, while a bank takes it back, or while such news waits. Nothing was claimed. */
export class NotFulfillable extends Schema.TaggedError<NotFulfillable>()("NotFulfillable", {
  session: SessionId,
  reason: FulfilmentBlocker,
  /** The refund, the dispute or the webhook; absent where it was given back at the processor. */
  by: Schema.optionalKey(Schema.String)
}) {
  get field(): string {
    return "session"
  }
  override get message(): string {
    const which = this.by === undefined ? "" : ` (${this.by})`
    switch (this.reason) {
      case "given_back":
        return `its money went back, or is on its way back${which}; hand nothing over, and ask again only if that comes to nothing`
      case "disputed":
        return `its cardholder's bank disputes the charge, or took its money back${which}; hand nothing over, and ask again only if that comes to nothing`
      case "news_waiting":
        return `its processor tells of a refund or a dispute of it, which is not heard yet${which}; hand nothing over and ask again in a minute; operators replay what became a dead letter`
    }
  }
}

const quote = (text: string): string => JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text)
