import { Context, Duration, Effect, Layer, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { type Caller, KeyId } from "../kernel/access/Caller.ts"
import { Operation } from "../kernel/access/Operation.ts"
import { Principal } from "../kernel/ids.ts"
import { RateLimits } from "../kernel/limits/RateLimits.ts"
import type { LedgerUnavailable } from "../kernel/PaymentLedger.ts"
import { RateLimited } from "../kernel/refusals.ts"
import { developmentIdOf, isMacOf, type KeyHashSecrets, macOf, partsOf } from "./access/keyHash.ts"
import { rateOf } from "./limits/rate.ts"
import { step } from "./steps.ts"

const Held = Schema.Struct({
  key: KeyId,
  principal: Principal,
  mac: Schema.NullOr(Schema.String),
  operations: Schema.Array(Schema.String),
  entities: Schema.NullOr(Schema.Array(Schema.String)),
  brands: Schema.NullOr(Schema.Array(Schema.String)),
  endsInMs: Schema.NullOr(Schema.Finite),
  /** What of it was too much. */
  limited: Schema.optionalKey(
    Schema.Struct({ limit: Schema.Literals(["requests", "payments"]), waitMs: Schema.Finite })
  )
})
const isOperation = Schema.is(Operation)

/** What a key is looked up for: each counts by the limits that there are for it. */
export type AskedFor = "a request" | "a payment" | "a look whether it is still taken"

/**
 * Who holds which API key. A key is found by its public id and proven by a keyed hash, read anew each time: what was
 * revoked is refused by every process from the same commit on. What is asked with it is counted in the same statement,
 * for all processes together; only with a key that is proven, because its public id is no secret.
 */
export class ApiKeys extends Context.Service<
  ApiKeys,
  {
    /** Whom a key names, or nobody when it is unknown, over, revoked, or not taken on this address. */
    readonly authenticate: (
      key: string,
      askedFor?: AskedFor
    ) => Effect.Effect<Option.Option<Caller>, LedgerUnavailable | RateLimited>
  }
>()("payment-orchestration/db/ApiKeys") {
  /** `loopbackOnly`: this server listens on loopback only, so development keys are taken. */
  static readonly layer = ({
    loopbackOnly,
    keyHashSecrets
  }: {
    readonly loopbackOnly: boolean
    readonly keyHashSecrets: KeyHashSecrets
  }): Layer.Layer<ApiKeys, never, SqlClient.SqlClient> =>
    Layer.effect(
      ApiKeys,
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const limits = yield* RateLimits
        const taking = (...counted: ReadonlyArray<"requests" | "payments">) =>
          counted.flatMap((limit) => {
            const rate = rateOf(limits[limit])
            return rate === undefined ? [] : [{ limit, rate }]
          })
        const takes = {
          "a request": taking("requests"),
          "a payment": taking("requests", "payments"),
          "a look whether it is still taken": []
        } satisfies Record<AskedFor, unknown>
        const admit = step(sql, "admit_api_key", Schema.NullOr(Held))

        const authenticate = Effect.fn("ApiKeys.authenticate")(function* (
          key: string,
          askedFor: AskedFor = "a request"
        ) {
          const parts = partsOf(key)
          if (parts === undefined && !loopbackOnly) return Option.none()
          const held = yield* admit({
            ...(parts === undefined
              ? { id: developmentIdOf(key) }
              : { id: parts.id, macs: keyHashSecrets.map((one) => macOf(one, parts.id, parts.secret)) }),
            take: takes[askedFor]
          })
          if (held === null) return Option.none()
          const proven =
            parts === undefined
              ? held.mac === null
              : held.mac !== null && isMacOf(keyHashSecrets, held.mac, parts.id, parts.secret)
          if (!proven) return Option.none()
          if (held.limited !== undefined)
            return yield* RateLimited.after(held.limited.limit, held.limited.waitMs)
          return Option.some(callerOf(held))
        })

        return { authenticate }
      })
    )
}

/** A word of a later version is none that this one asks for. */
const callerOf = ({ key, principal, operations, entities, brands, endsInMs }: typeof Held.Type): Caller => ({
  principal,
  key,
  operations: new Set(operations.filter(isOperation)),
  scope: {
    ...(entities === null ? {} : { entities }),
    ...(brands === null ? {} : { brands })
  },
  ...(endsInMs === null ? {} : { endsIn: Duration.millis(endsInMs) })
})
