import { Schema } from "effect"

/** What an API key may do; it may do what it was given and nothing else. */
export const Operation = Schema.Literals([
  "sessions:read",
  "sessions:write",
  "refunds:write",
  "events:manage",
  "registry:read",
  "registry:write",
  "operations:manage",
  "audit:read",
  "keys:manage",
  "changes:request",
  "changes:approve"
])
export type Operation = typeof Operation.Type
