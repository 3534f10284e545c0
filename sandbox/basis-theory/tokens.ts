import { randomUUID } from "node:crypto"
import { Schema } from "effect"
import { fingerprintOf } from "../plumbing/cards.ts"
import { cardDetails, cardFingerprint, cardOf, maskedCard } from "./cardData.ts"
import { invalid, notFound } from "./Problem.ts"
import type { Token } from "./records.ts"
import { type Caller, isoOf, requires, type World } from "./world.ts"

const hour = 3600 * 1000

const Metadata = Schema.Record(Schema.String, Schema.String)

const Creation = Schema.Struct({
  id: Schema.optionalKey(Schema.NullOr(Schema.String)),
  type: Schema.optionalKey(Schema.NullOr(Schema.String)),
  data: Schema.optionalKey(Schema.Unknown),
  token_intent_id: Schema.optionalKey(Schema.NullOr(Schema.String)),
  containers: Schema.optionalKey(Schema.NullOr(Schema.Array(Schema.String))),
  metadata: Schema.optionalKey(Schema.NullOr(Metadata)),
  mask: Schema.optionalKey(Schema.Unknown),
  fingerprint_expression: Schema.optionalKey(Schema.NullOr(Schema.String)),
  deduplicate_token: Schema.optionalKey(Schema.NullOr(Schema.Boolean)),
  expires_at: Schema.optionalKey(Schema.NullOr(Schema.String))
})
const decodeCreation = Schema.decodeUnknownResult(Creation)

const Change = Schema.Struct({
  data: Schema.optionalKey(Schema.Unknown),
  metadata: Schema.optionalKey(Schema.NullOr(Schema.Record(Schema.String, Schema.NullOr(Schema.String)))),
  containers: Schema.optionalKey(Schema.Array(Schema.String)),
  mask: Schema.optionalKey(Schema.Unknown),
  fingerprint_expression: Schema.optionalKey(Schema.String),
  expires_at: Schema.optionalKey(Schema.NullOr(Schema.String)),
  deduplicate_token: Schema.optionalKey(Schema.NullOr(Schema.Boolean))
})
const decodeChange = Schema.decodeUnknownResult(Change)

/** A date of the API: ISO 8601, or what else names a point in time; without an offset it is UTC. */
const dateOf = (text: string | null | undefined, now: number): number | null => {
  if (text === null || text === undefined) return null
  const at = Date.parse(/(Z|[+-]\d{2}:?\d{2})$/.test(text) ? text : `${text}Z`)
  if (Number.isNaN(at)) throw invalid({ expires_at: ["The expires_at is not a date"] })
  if (at <= now) throw invalid({ expires_at: ["The expires_at must be in the future"] })
  return at
}

const objectOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {}

/** The data as it is now: an hour after it was given, the cvc is gone. */
export const dataNow = (world: World, token: Token): unknown => {
  if (token.type !== "card" || world.bench.clock.now() - token.cvcAt < hour) return token.data
  const { cvc: _gone, ...rest } = objectOf(token.data)
  return rest
}

/** A token of the tenant that is still there. */
export const findToken = (world: World, tenant: string, id: string): Token | undefined => {
  const token = world.tokens.get(id)
  const expired = token?.expiresAt !== null && (token?.expiresAt ?? 0) <= world.bench.clock.now()
  return token === undefined || token.tenant !== tenant || expired ? undefined : token
}

export const tokenObject = (
  caller: Pick<Caller, "type">,
  token: Token,
  extras: Readonly<Record<string, unknown>> = { deduplicated: false }
) => {
  const isCard = token.type === "card"
  const masked = isCard ? maskedCard(cardOf(token.data)) : "XXXX"
  return {
    id: token.id,
    type: token.type,
    tenant_id: token.tenant,
    // Nobody here is given more than the mask; public keys and sessions are given nothing.
    ...(caller.type === "private" ? { data: masked } : {}),
    ...(isCard ? { card: cardDetails(cardOf(token.data)) } : {}),
    mask: token.mask,
    metadata: token.metadata,
    containers: token.containers,
    privacy: { classification: isCard ? "pci" : "general", impact_level: "high", restriction_policy: "mask" },
    fingerprint: token.fingerprint,
    fingerprint_expression: token.fingerprintExpression,
    search_indexes: [],
    created_by: token.createdBy,
    created_at: isoOf(token.createdAt),
    ...(token.modifiedAt === null
      ? {}
      : { modified_by: token.createdBy, modified_at: isoOf(token.modifiedAt) }),
    ...(token.expiresAt === null ? {} : { expires_at: isoOf(token.expiresAt) }),
    aliases: [token.id],
    _extras: extras
  }
}

const cardMask = {
  number: "{{ data.number | reveal_last: 4 }}",
  expiration_month: "{{ data.expiration_month }}",
  expiration_year: "{{ data.expiration_year }}"
}

const sameContainers = (left: Token, right: Token) =>
  left.containers.toSorted().join() === right.containers.toSorted().join()

/** Creates a token, or turns an intent into one. */
export const createToken = (world: World, caller: Caller, body: unknown) => {
  requires(caller, "token:create")
  const asked = decodeCreation(body)
  if (asked._tag === "Failure") throw invalid({ body: [String(asked.failure)] })
  const { success: request } = asked
  const now = world.bench.clock.now()
  const intentId = request.token_intent_id ?? undefined
  const intent = intentId === undefined ? undefined : world.intents.get(intentId)
  if (intentId !== undefined) {
    if (typeof request.type === "string" || (request.data ?? null) !== null) {
      throw invalid({ token_intent_id: ["Neither type nor data may be given with a token_intent_id"] })
    }
    if (intent === undefined || intent.tenant !== caller.tenant || intent.expiresAt <= now) {
      throw invalid({ token_intent_id: ["The token intent was not found"] })
    }
  }
  const type = intent?.type ?? request.type ?? ""
  if (type === "") throw invalid({ type: ["The type field is required"] })
  if (type !== "card" && type !== "token" && type !== "card_number") {
    throw invalid({ type: [`The sandbox has no tokens of the type ${type}`] })
  }
  const source = intent?.data ?? request.data
  if (source === undefined || source === null) throw invalid({ data: ["The data field is required"] })
  const { cvc: _notMoved, ...withoutCvc } = objectOf(source)
  const data = type === "card" ? cardOf(intent === undefined ? source : withoutCvc) : source
  const id = request.id ?? randomUUID()
  if (findToken(world, caller.tenant, id) !== undefined) throw invalid({ id: ["The id is in use"] })
  const token: Token = {
    id,
    tenant: caller.tenant,
    type,
    data,
    containers: request.containers ?? [type === "token" ? "/general/high/" : "/pci/high/"],
    metadata: request.metadata ?? {},
    mask: request.mask ?? (type === "card" ? cardMask : null),
    fingerprint:
      type === "card"
        ? cardFingerprint(caller.tenant, cardOf(data))
        : fingerprintOf(`vault ${caller.tenant}`, JSON.stringify(data)),
    fingerprintExpression:
      request.fingerprint_expression ?? (type === "card" ? "{{ data.number }}" : "{{ data | stringify }}"),
    createdBy: caller.key.slice(0, 24),
    createdAt: now,
    modifiedAt: null,
    cvcAt: now,
    expiresAt: dateOf(request.expires_at, now)
  }
  const twin =
    intent !== undefined || request.deduplicate_token === true
      ? world.tokens
          .all()
          .find(
            (one) =>
              one.fingerprint === token.fingerprint &&
              sameContainers(one, token) &&
              findToken(world, caller.tenant, one.id) !== undefined
          )
      : undefined
  if (intent !== undefined) world.intents.remove(intent.id)
  if (twin === undefined) {
    world.tokens.put(id, token)
    return tokenObject(caller, token)
  }
  if (intent === undefined) {
    return tokenObject(caller, twin, { deduplicated: true, deduplication_behavior: "use_existing" })
  }
  const updated: Token = {
    ...twin,
    data: merged(twin.data, data),
    metadata: { ...twin.metadata, ...token.metadata },
    expiresAt: token.expiresAt ?? twin.expiresAt,
    modifiedAt: now
  }
  world.tokens.put(twin.id, updated)
  return tokenObject(caller, updated, { deduplicated: true, deduplication_behavior: "update_existing" })
}

/** RFC 7396: null removes, objects are merged, anything else replaces. */
const merged = (before: unknown, patch: unknown): unknown => {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch
  const result: Record<string, unknown> = { ...objectOf(before) }
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name]
    else result[name] = merged(result[name], value)
  }
  return result
}

export const getToken = (world: World, caller: Caller, id: string) => {
  requires(caller, "token:read")
  const token = findToken(world, caller.tenant, id)
  if (token === undefined) throw notFound()
  return tokenObject(caller, token)
}

export const patchToken = (world: World, caller: Caller, id: string, body: unknown) => {
  requires(caller, "token:update")
  const token = findToken(world, caller.tenant, id)
  if (token === undefined) throw notFound()
  const asked = decodeChange(body)
  if (asked._tag === "Failure") throw invalid({ body: [String(asked.failure)] })
  const { success: change } = asked
  const now = world.bench.clock.now()
  const patched = "data" in change ? merged(dataNow(world, token), change.data) : token.data
  const data = token.type === "card" ? cardOf(patched) : patched
  const givesCvc = "cvc" in objectOf(change.data)
  const metadata = Object.entries(objectOf(merged(token.metadata, change.metadata ?? {}))).flatMap(
    ([name, value]) => (typeof value === "string" ? [[name, value] as const] : [])
  )
  const updated: Token = {
    ...token,
    data,
    metadata: Object.fromEntries(metadata),
    containers: change.containers ?? token.containers,
    mask: "mask" in change ? change.mask : token.mask,
    fingerprintExpression: change.fingerprint_expression ?? token.fingerprintExpression,
    fingerprint: token.type === "card" ? cardFingerprint(token.tenant, cardOf(data)) : token.fingerprint,
    expiresAt: "expires_at" in change ? dateOf(change.expires_at, now) : token.expiresAt,
    cvcAt: givesCvc ? now : token.cvcAt,
    modifiedAt: now
  }
  world.tokens.put(id, updated)
  return tokenObject(caller, updated)
}

export const deleteToken = (world: World, caller: Caller, id: string): void => {
  requires(caller, "token:delete")
  if (findToken(world, caller.tenant, id) === undefined) throw notFound()
  world.tokens.remove(id)
}
