import { Effect, Schema } from "effect"
import { developmentKey, secondDevelopmentKey } from "../../src/db/seedData.ts"

/** An answer of the service, with the few fields that the story tells of. */
export const Answer = Schema.Struct({
  id: Schema.optionalKey(Schema.String),
  state: Schema.optionalKey(Schema.String),
  outcome: Schema.optionalKey(Schema.String),
  message: Schema.optionalKey(Schema.String),
  fulfilment: Schema.optionalKey(Schema.String),
  error: Schema.optionalKey(
    Schema.Struct({ code: Schema.String, field: Schema.NullOr(Schema.String), message: Schema.String })
  ),
  data: Schema.optionalKey(Schema.Unknown)
})
export type Answer = typeof Answer.Type

export interface Client {
  readonly post: (
    path: string,
    body?: unknown,
    idempotencyKey?: string
  ) => Effect.Effect<Answer & { readonly status: number }>
  /** The same with the key of a second operator. */
  readonly postAsSecond: (path: string, body?: unknown) => Effect.Effect<Answer & { readonly status: number }>
  readonly get: (path: string) => Effect.Effect<Answer & { readonly status: number }>
}

/** A client that knows HTTP and the development key, and nothing else of the service. */
export const clientOf = (origin: string): Client => {
  const ask = (
    method: string,
    path: string,
    body: unknown,
    idempotencyKey?: string,
    { key } = developmentKey
  ) =>
    Effect.promise(async (signal) => {
      const response = await fetch(`${origin}${path}`, {
        method,
        signal,
        headers: {
          authorization: `Bearer ${key}`,
          "content-type": "application/json",
          ...(idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey })
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) })
      })
      return { status: response.status, ...Schema.decodeUnknownSync(Answer)(await response.json()) }
    })
  return {
    post: (path, body, idempotencyKey) => ask("POST", path, body, idempotencyKey),
    postAsSecond: (path, body) => ask("POST", path, body, undefined, secondDevelopmentKey),
    get: (path) => ask("GET", path, undefined)
  }
}
