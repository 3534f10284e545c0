import { Schema } from "effect"
import { Operation } from "../kernel/access/Operation.ts"

// What the door itself refuses, before anything reaches the kernel.

/** What is wrong with one field; `field` is null when it is the body as a whole. */
export const Problem = Schema.Struct({ field: Schema.NullOr(Schema.String), problem: Schema.String })
export type Problem = typeof Problem.Type

/** The request has the wrong shape: malformed JSON, a wrong JSON type, a missing or an unknown field. */
export class MalformedRequest extends Schema.TaggedError<MalformedRequest>()("MalformedRequest", {
  problems: Schema.NonEmptyArray(Problem)
}) {
  get field(): string | undefined {
    return this.problems[0].field ?? undefined
  }
  override get message(): string {
    return this.problems.map(({ field, problem }) => `${field ?? "the body"} ${problem}`).join("; ")
  }
}

/** No API key, or none that is known. */
export class Unauthorized extends Schema.TaggedError<Unauthorized>()("Unauthorized", {
  problem: Schema.Literals(["missing", "not_bearer", "unknown"])
}) {
  get field(): string {
    return "Authorization"
  }
  override get message(): string {
    switch (this.problem) {
      case "missing":
        return "send your API key in the header `Authorization: Bearer <key>`"
      case "not_bearer":
        return "the Authorization header is not of the form `Bearer <key>`"
      case "unknown":
        return "the API key is unknown, revoked, or not taken on this address"
    }
  }
}

/** The key is known, and is for other things. Nothing was done, and nothing is told of what there is. */
export class Forbidden extends Schema.TaggedError<Forbidden>()("Forbidden", {
  missing: Schema.Array(Operation)
}) {
  get field(): string {
    return "Authorization"
  }
  override get message(): string {
    return `your API key is not for this; it would need ${this.missing.join(" and ")}`
  }
}

export class RouteNotFound extends Schema.TaggedError<RouteNotFound>()("RouteNotFound", {}) {
  override get message(): string {
    return "there is nothing at this address; the reference is at /docs"
  }
}

export class MethodNotAllowed extends Schema.TaggedError<MethodNotAllowed>()("MethodNotAllowed", {
  method: Schema.String,
  allowed: Schema.Array(Schema.String)
}) {
  override get message(): string {
    return `this address does not take ${this.method}; it takes ${this.allowed.join(", ")}`
  }
}

export class BodyTooLarge extends Schema.TaggedError<BodyTooLarge>()("BodyTooLarge", {
  /** The most bytes that a body may have. */
  limit: Schema.Int
}) {
  override get message(): string {
    return `the body is larger than ${this.limit} bytes`
  }
}

export class UnsupportedMediaType extends Schema.TaggedError<UnsupportedMediaType>()("UnsupportedMediaType", {
  contentType: Schema.String,
  /** How the body is packed, when that is what is wrong. */
  packing: Schema.optionalKey(Schema.String)
}) {
  get field(): string {
    return this.packing === undefined ? "Content-Type" : "Content-Encoding"
  }
  override get message(): string {
    return this.packing === undefined
      ? `the body is ${JSON.stringify(this.contentType)}; send application/json, in UTF-8`
      : `the body is packed as ${JSON.stringify(this.packing)}; send it as it is`
  }
}

/** The customer's door was asked for one session more often than a page ever does. */
export class TooManyRequests extends Schema.TaggedError<TooManyRequests>()("TooManyRequests", {
  /** After how many seconds to ask again. */
  seconds: Schema.Int
}) {
  override get message(): string {
    return `this payment was asked for too often; try again in ${this.seconds} seconds`
  }
}

/** The address of a checkout without its secret, or with another one. It does not say whether there is such a session. */
export class UnknownCheckout extends Schema.TaggedError<UnknownCheckout>()("UnknownCheckout", {}) {
  override get message(): string {
    return "there is no checkout at this address"
  }
}

/** An embed token that opens nothing: made up, too old, or exchanged by another page already. */
export class EmbedTokenRefused extends Schema.TaggedError<EmbedTokenRefused>()("EmbedTokenRefused", {
  problem: Schema.Literals(["unknown", "over", "exchanged"])
}) {
  get field(): string {
    return "embedToken"
  }
  override get message(): string {
    switch (this.problem) {
      case "unknown":
        return "there is no such embed token; give the component the one of the session's declaration"
      case "over":
        return "the embed token is too old; declare the session again with the same Idempotency-Key to get a new one"
      case "exchanged":
        return "another page has exchanged this embed token; declare the session again with the same Idempotency-Key to get a new one"
    }
  }
}

/** The customer's door was knocked at by a page of another origin. */
export class OtherOrigin extends Schema.TaggedError<OtherOrigin>()("OtherOrigin", {}) {
  override get message(): string {
    return "only the checkout's own page may ask this"
  }
}

/** The card was not even tried, and why is nothing for a customer to read. Nothing was charged. */
export class CardNotAccepted extends Schema.TaggedError<CardNotAccepted>()("CardNotAccepted", {}) {
  get field(): string {
    return "vaultToken"
  }
  override get message(): string {
    return "this card cannot be taken here; nothing was charged, and another card may do"
  }
}

/** Something broke here. The cause is in the log under the request's id, and nowhere else. */
export class Internal extends Schema.TaggedError<Internal>()("Internal", {}) {
  override get message(): string {
    return "something broke on our side; name the requestId when you ask about it"
  }
}

/**
 * The durable record did not acknowledge, told in the words of what was asked for: whether anything may have
 * happened, and what to do next.
 */
export class LedgerDidNotAnswer extends Schema.TaggedError<LedgerDidNotAnswer>()("LedgerUnavailable", {
  /** What this request may have charged; `unknown` until the session is read. */
  charged: Schema.Literals(["nothing", "unknown"]),
  advice: Schema.String
}) {
  override get message(): string {
    return this.advice
  }
}
