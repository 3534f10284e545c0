import { Context, Effect, Layer, Option } from "effect"
import { Digest } from "effect/crypto"
import { SqlClient } from "effect/sql"
import { Principal } from "../kernel/ids.ts"
import type { LedgerUnavailable } from "../kernel/PaymentLedger.ts"
import { answered } from "./steps.ts"

/**
 * Who holds which API key. Keys have 256 bits, so a plain SHA-256 of one cannot be guessed back; only that is
 * stored.
 */
export class ApiKeys extends Context.Service<
  ApiKeys,
  {
    /** The principal that a key names, or none when it is unknown, revoked, or not taken on this address. */
    readonly authenticate: (key: string) => Effect.Effect<Option.Option<Principal>, LedgerUnavailable>
  }
>()("payment-orchestration/db/ApiKeys") {
  /** `loopbackOnly`: this server listens on loopback only, so development keys are taken. */
  static readonly layer = (settings: {
    readonly loopbackOnly: boolean
  }): Layer.Layer<ApiKeys, never, SqlClient.SqlClient | Digest.Digest> =>
    Layer.effect(
      ApiKeys,
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const digest = yield* Digest.Digest

        const authenticate = Effect.fn("ApiKeys.authenticate")(function* (key: string) {
          const hash = yield* digest.digestHex(Digest.sha256, new TextEncoder().encode(key))
          const rows = yield* sql<{ readonly principal: string }>`
            select principal from api_keys
            where key_hash = ${hash} and revoked_at is null and (not development or ${settings.loopbackOnly})`
          return Option.map(Option.fromUndefinedOr(rows[0]), (row) => Principal.make(row.principal))
        }, answered("ApiKeys.authenticate"))

        return { authenticate }
      })
    )
}
