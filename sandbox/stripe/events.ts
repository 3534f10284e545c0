import { Schema } from "effect"
import type { Fault } from "../plumbing/Fault.ts"
import { Fields } from "../plumbing/Fields.ts"
import { randomText } from "../plumbing/ids.ts"
import { faultOfCard } from "../plumbing/faultCards.ts"
import type { Charge, Intent } from "./records.ts"
import { chargeObject, intentObject } from "./objects.ts"
import { seconds, type World } from "./world.ts"

export const apiVersion = "2026-10-28.endive"

/** What the emulator's own events need of an object. */
const Known = Schema.Struct({ id: Schema.String, object: Schema.String })

/** Writes an event down and sends it to whoever listens. */
export const emit = (
  world: World,
  account: string,
  type: string,
  object: Schema.Schema.Type<typeof Known>,
  request: { readonly id: string; readonly key: string } | undefined,
  asked?: Fault
): void => {
  const id = `evt_${randomText(24)}`
  const created = seconds(world)
  const body = {
    id,
    object: "event",
    api_version: apiVersion,
    created,
    data: { object },
    livemode: false,
    pending_webhooks: 1,
    request: { id: request?.id ?? null, idempotency_key: request?.key || null },
    type
  }
  world.events.put(id, { id, account, created, type, body })
  const fields = Fields.ofJson(object)
  for (const endpoint of world.endpoints.all()) {
    const wants = endpoint.enabledEvents.includes("*") || endpoint.enabledEvents.includes(type)
    if (endpoint.account !== account || endpoint.disabled || !wants) continue
    world.webhooks.emit(
      endpoint.id,
      type,
      JSON.stringify(body, undefined, 2),
      (name) => fields.get(name),
      asked
    )
  }
}

/** The request that an event came of. */
export interface Cause {
  readonly requestId: string
  readonly idempotencyKey: string
}

const requestOf = (cause: Cause | undefined) =>
  cause === undefined ? undefined : { id: cause.requestId, key: cause.idempotencyKey }

/** The webhook fault that the card of an intent asks for. */
const askedBy = (world: World, method: string | null): Fault | undefined => {
  const behaviour = method === null ? undefined : world.methods.get(method)?.behaviour
  const fault = behaviour === undefined ? undefined : faultOfCard("stripe", behaviour, world.bench.seconds)
  return fault?.kind.startsWith("webhook_") === true ? fault : undefined
}

export const emitIntent = (world: World, type: string, intent: Intent, cause: Cause | undefined): void =>
  emit(
    world,
    intent.account,
    type,
    intentObject(world, intent),
    requestOf(cause),
    askedBy(world, intent.method)
  )

export const emitCharge = (world: World, type: string, charge: Charge, cause: Cause | undefined): void =>
  emit(world, charge.account, type, chargeObject(world, charge), requestOf(cause))
