import type { Bench } from "../plumbing/Bench.ts"
import type { Fields } from "../plumbing/Fields.ts"
import type { Collection } from "../plumbing/Store.ts"
import { Webhooks } from "../plumbing/Webhooks.ts"
import { receiverOf, webhookStyle } from "./endpoints.ts"
import * as records from "./records.ts"
import { missing } from "./StripeRefusal.ts"

/** Everything that the emulated Stripe knows. */
export interface World {
  readonly bench: Bench
  readonly methods: Collection<records.Method>
  readonly intents: Collection<records.Intent>
  readonly charges: Collection<records.Charge>
  readonly refunds: Collection<records.Refund>
  readonly disputes: Collection<records.Dispute>
  readonly events: Collection<records.EventRow>
  readonly endpoints: Collection<records.Endpoint>
  readonly saved: Collection<records.SavedAnswer>
  readonly webhooks: Webhooks
  /** Seconds until a search finds what was created. */
  readonly searchDelay: number
  /** Where the page of 3D Secure is; known once the server listens. */
  readonly origin: () => string
}

/** One request, as the objects see it. */
export interface Call {
  readonly account: string
  readonly requestId: string
  readonly idempotencyKey: string
  /** The version of the API that the caller wants. */
  readonly version: string
  readonly fields: Fields
}

export const makeWorld = (bench: Bench, searchDelay: number, origin: () => string): World => {
  const { store } = bench
  const endpoints = store.collection("endpoints", records.Endpoint)
  return {
    bench,
    methods: store.collection("methods", records.Method),
    intents: store.collection("intents", records.Intent),
    charges: store.collection("charges", records.Charge),
    refunds: store.collection("refunds", records.Refund),
    disputes: store.collection("disputes", records.Dispute),
    events: store.collection("events", records.EventRow),
    endpoints,
    saved: store.collection("saved", records.SavedAnswer),
    webhooks: new Webhooks(
      bench,
      webhookStyle((id) => {
        const endpoint = endpoints.get(id)
        return endpoint === undefined || endpoint.disabled ? undefined : receiverOf(endpoint, bench.clock)
      })
    ),
    searchDelay,
    origin
  }
}

export const seconds = (world: World): number => Math.floor(world.bench.clock.now() / 1000)

/** An object of the caller's account, or the answer that there is none. */
export const owned = <A extends { readonly account: string }>(
  rows: Collection<A>,
  account: string,
  id: string,
  object: string,
  param: string
): A => {
  const row = rows.get(id)
  if (row === undefined || row.account !== account) throw missing(object, id, param)
  return row
}
