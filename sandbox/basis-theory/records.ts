import { Schema } from "effect"

export const Token = Schema.Struct({
  id: Schema.String,
  tenant: Schema.String,
  type: Schema.String,
  /** The one place in the sandbox where card numbers are kept: type no real card. */
  data: Schema.Unknown,
  containers: Schema.Array(Schema.String),
  metadata: Schema.Record(Schema.String, Schema.String),
  mask: Schema.Unknown,
  fingerprint: Schema.String,
  fingerprintExpression: Schema.String,
  createdBy: Schema.String,
  createdAt: Schema.Finite,
  modifiedAt: Schema.NullOr(Schema.Finite),
  /** When the cvc was given; it is forgotten an hour later. */
  cvcAt: Schema.Finite,
  expiresAt: Schema.NullOr(Schema.Finite)
})
export type Token = typeof Token.Type

export const Intent = Schema.Struct({
  id: Schema.String,
  tenant: Schema.String,
  type: Schema.String,
  data: Schema.Unknown,
  fingerprint: Schema.String,
  createdBy: Schema.String,
  createdAt: Schema.Finite,
  expiresAt: Schema.Finite
})
export type Intent = typeof Intent.Type

export const Session = Schema.Struct({
  id: Schema.String,
  tenant: Schema.String,
  key: Schema.String,
  nonce: Schema.String,
  createdAt: Schema.Finite,
  expiresAt: Schema.Finite,
  /** What it may do; nothing until it was authorized. */
  permissions: Schema.Array(Schema.String),
  authorized: Schema.Boolean
})
export type Session = typeof Session.Type

export const ApiKey = Schema.Struct({
  key: Schema.String,
  tenant: Schema.String,
  type: Schema.Literals(["private", "public", "management"]),
  permissions: Schema.Array(Schema.String)
})
export type ApiKey = typeof ApiKey.Type

export const Saved = Schema.Struct({
  at: Schema.Finite,
  status: Schema.Int,
  body: Schema.String
})
