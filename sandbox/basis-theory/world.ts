import type { Bench } from "../plumbing/Bench.ts"
import type { Collection } from "../plumbing/Store.ts"
import { forbidden, unauthorized } from "./Problem.ts"
import * as records from "./records.ts"

/** Everything that the emulated vault knows. */
export interface World {
  readonly bench: Bench
  readonly tokens: Collection<records.Token>
  readonly intents: Collection<records.Intent>
  readonly sessions: Collection<records.Session>
  readonly keys: Collection<records.ApiKey>
  readonly saved: Collection<typeof records.Saved.Type>
  readonly proxyTimeout: number
}

export const makeWorld = (bench: Bench, proxyTimeout: number): World => ({
  bench,
  tokens: bench.store.collection("tokens", records.Token),
  intents: bench.store.collection("intents", records.Intent),
  sessions: bench.store.collection("sessions", records.Session),
  keys: bench.store.collection("keys", records.ApiKey),
  saved: bench.store.collection("saved", records.Saved),
  proxyTimeout
})

/** Who calls. */
export interface Caller {
  readonly key: string
  readonly tenant: string
  readonly type: "private" | "public" | "management" | "session"
  readonly permissions: ReadonlyArray<string>
}

const standing: Readonly<Record<"private" | "public", ReadonlyArray<string>>> = {
  private: [
    "token:create",
    "token:read",
    "token:update",
    "token:delete",
    "token:use",
    "token-intent:create",
    "token-intent:read",
    "token-intent:delete",
    "session:authorize",
    "proxy:invoke"
  ],
  public: ["token:create", "token-intent:create"]
}

/** key_sandbox_private and key_sandbox_public, or with a name behind them: a tenant of its own. */
const standingKey = (key: string): Caller | undefined => {
  const match = /^key_sandbox_(private|public)(?:_(\w{1,64}))?$/.exec(key)
  const type = match?.[1] === "private" ? "private" : "public"
  return match === null
    ? undefined
    : { key, tenant: match[2] ?? "sandbox", type, permissions: standing[type] }
}

export const callerOf = (world: World, key: string | undefined): Caller => {
  const found = standingKey(key ?? "") ?? world.keys.get(key ?? "")
  if (found !== undefined) return found
  const session = world.sessions.get(key ?? "")
  if (session === undefined || session.expiresAt <= world.bench.clock.now()) throw unauthorized()
  return { key: session.key, tenant: session.tenant, type: "session", permissions: session.permissions }
}

export const requires = (caller: Caller, ...oneOf: ReadonlyArray<string>): void => {
  if (!oneOf.some((permission) => caller.permissions.includes(permission))) {
    throw forbidden(oneOf[0] ?? "")
  }
}

export const isoOf = (at: number): string => new Date(at).toISOString().replace("Z", "+00:00")

export const forbiddenUnlessPrivate = (caller: Caller): void => {
  if (caller.type !== "private") throw forbidden("proxy:invoke")
}
