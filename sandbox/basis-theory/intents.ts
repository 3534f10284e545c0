import { randomUUID } from "node:crypto"
import { Schema } from "effect"
import { cardDetails, cardFingerprint, cardOf } from "./cardData.ts"
import { invalid, notFound } from "./Problem.ts"
import type { Intent } from "./records.ts"
import { type Caller, isoOf, requires, type World } from "./world.ts"

const day = 24 * 3600 * 1000

const decode = Schema.decodeUnknownResult(Schema.Struct({ type: Schema.String, data: Schema.Unknown }))

const intentObject = (intent: Intent) => ({
  id: intent.id,
  type: intent.type,
  tenant_id: intent.tenant,
  card: cardDetails(cardOf(intent.data)),
  fingerprint: intent.fingerprint,
  created_by: intent.createdBy,
  created_at: isoOf(intent.createdAt),
  expires_at: isoOf(intent.expiresAt),
  _extras: { tsp_details: null }
})

/** An intent of the tenant that is still there. */
export const findIntent = (world: World, tenant: string, id: string): Intent | undefined => {
  const intent = world.intents.get(id)
  return intent === undefined || intent.tenant !== tenant || intent.expiresAt <= world.bench.clock.now()
    ? undefined
    : intent
}

export const createIntent = (world: World, caller: Caller, body: unknown) => {
  requires(caller, "token-intent:create")
  const asked = decode(body)
  if (asked._tag === "Failure") throw invalid({ body: [String(asked.failure)] })
  if (asked.success.type !== "card") throw invalid({ type: ["Only card token intents are available"] })
  const card = cardOf(asked.success.data)
  const now = world.bench.clock.now()
  const intent: Intent = {
    id: randomUUID(),
    tenant: caller.tenant,
    type: "card",
    data: card,
    fingerprint: cardFingerprint(caller.tenant, card),
    createdBy: caller.key.slice(0, 24),
    createdAt: now,
    expiresAt: now + day
  }
  world.intents.put(intent.id, intent)
  return intentObject(intent)
}

export const getIntent = (world: World, caller: Caller, id: string) => {
  requires(caller, "token-intent:read")
  const intent = findIntent(world, caller.tenant, id)
  if (intent === undefined) throw notFound()
  return intentObject(intent)
}

export const deleteIntent = (world: World, caller: Caller, id: string): void => {
  requires(caller, "token-intent:delete")
  if (findIntent(world, caller.tenant, id) === undefined) throw notFound()
  world.intents.remove(id)
}
