import { Context, Effect, Layer, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { type Caller, KeyId } from "../kernel/access/Caller.ts"
import { Operation } from "../kernel/access/Operation.ts"
import { Principal } from "../kernel/ids.ts"
import type { LedgerUnavailable } from "../kernel/PaymentLedger.ts"
import { developmentIdOf, isMacOf, type KeyHashSecrets, partsOf } from "./access/keyHash.ts"
import { answered } from "./steps.ts"

const Row = Schema.Struct({
  key_id: KeyId,
  principal: Principal,
  mac: Schema.NullOr(Schema.String),
  operations: Schema.Array(Schema.String),
  entities: Schema.NullOr(Schema.Array(Schema.String)),
  brands: Schema.NullOr(Schema.Array(Schema.String))
})
const decodeRows = Schema.decodeUnknownEffect(Schema.Array(Row))
const isOperation = Schema.is(Operation)

/**
 * Who holds which API key. A key is found by its public id and proven by a keyed hash, read anew each time: what was
 * revoked is refused by every process from the same commit on.
 */
export class ApiKeys extends Context.Service<
  ApiKeys,
  {
    /** Whom a key names, or nobody when it is unknown, over, revoked, or not taken on this address. */
    readonly authenticate: (key: string) => Effect.Effect<Option.Option<Caller>, LedgerUnavailable>
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

        const authenticate = Effect.fn("ApiKeys.authenticate")(function* (key: string) {
          const parts = partsOf(key)
          if (parts === undefined && !loopbackOnly) return Option.none()
          const found = yield* sql`
            select key_id, principal, mac, operations, entities, brands from api_keys
            where key_id = ${parts?.id ?? developmentIdOf(key)} 
              and revoked_at is null and (ends_at is null or ends_at > now())`
          const [row] = yield* decodeRows(found)
          if (row === undefined) return Option.none()
          const proven =
            parts === undefined
              ? row.mac === null
              : row.mac !== null && isMacOf(keyHashSecrets, row.mac, parts.id, parts.secret)
          return proven ? Option.some(callerOf(row)) : Option.none()
        }, answered("ApiKeys.authenticate"))

        return { authenticate }
      })
    )
}

/** A word of a later version is none that this one asks for. */
const callerOf = ({ key_id, principal, operations, entities, brands }: typeof Row.Type): Caller => ({
  principal,
  key: key_id,
  operations: new Set(operations.filter(isOperation)),
  scope: {
    ...(entities === null ? {} : { entities }),
    ...(brands === null ? {} : { brands })
  }
})
