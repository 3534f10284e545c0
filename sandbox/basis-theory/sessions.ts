import { Schema } from "effect"
import { randomText } from "../plumbing/ids.ts"
import { forbidden, invalid, notFound, Problem } from "./Problem.ts"
import type { Session } from "./records.ts"
import { type Caller, isoOf, requires, type World } from "./world.ts"

const threeMinutes = 180_000

export const createSession = (world: World, caller: Caller) => {
  if (caller.type !== "public") throw forbidden("to create a session, which public applications have")
  const now = world.bench.clock.now()
  const session: Session = {
    id: randomText(22),
    tenant: caller.tenant,
    key: `key_sandbox_session_${randomText(22)}`,
    nonce: randomText(22),
    createdAt: now,
    expiresAt: now + threeMinutes,
    permissions: [],
    authorized: false
  }
  world.sessions.put(session.key, session)
  return { session_key: session.key, nonce: session.nonce, expires_at: isoOf(session.expiresAt) }
}

const decode = Schema.decodeUnknownResult(
  Schema.Struct({
    nonce: Schema.String,
    permissions: Schema.optionalKey(Schema.NullOr(Schema.Array(Schema.String))),
    rules: Schema.optionalKey(
      Schema.NullOr(
        Schema.Array(
          Schema.Struct({ permissions: Schema.optionalKey(Schema.NullOr(Schema.Array(Schema.String))) })
        )
      )
    ),
    expires_at: Schema.optionalKey(Schema.NullOr(Schema.String))
  })
)

/** Gives a session its permissions. Containers and transforms of access rules are not looked at. */
export const authorizeSession = (world: World, caller: Caller, body: unknown): void => {
  if (caller.type !== "private") throw forbidden("to authorize a session, which private applications have")
  requires(caller, "session:authorize")
  const asked = decode(body)
  if (asked._tag === "Failure") throw invalid({ body: [String(asked.failure)] })
  const { nonce, permissions, rules, expires_at } = asked.success
  const now = world.bench.clock.now()
  const session = world.sessions.all().find((one) => one.nonce === nonce && one.tenant === caller.tenant)
  if (session === undefined || session.expiresAt <= now) throw notFound()
  if (session.authorized) throw new Problem(409, "Conflict", "The session has been authorized already")
  const granted = [...(permissions ?? []), ...(rules ?? []).flatMap((rule) => rule.permissions ?? [])]
  if (granted.length === 0) throw invalid({ permissions: ["Either permissions or rules are required"] })
  const until = typeof expires_at === "string" ? Date.parse(expires_at) : session.expiresAt
  if (!(until > now)) throw invalid({ expires_at: ["The expires_at must be in the future"] })
  world.sessions.put(session.key, { ...session, permissions: granted, authorized: true, expiresAt: until })
}
