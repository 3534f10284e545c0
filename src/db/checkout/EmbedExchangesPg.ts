import { Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { EmbedExchanges } from "../../kernel/checkout/EmbedExchanges.ts"
import { step } from "../steps.ts"

/** Exchanged embed tokens in PostgreSQL. What the step does is in `migrations/0009_checkout.sql`. */
export const layer: Layer.Layer<EmbedExchanges, never, SqlClient.SqlClient> = Layer.effect(
  EmbedExchanges,
  Effect.map(SqlClient.SqlClient, (sql) => {
    const exchangeStep = step(sql, "exchange_embed_token", Schema.Boolean)
    return EmbedExchanges.of({
      exchange: Effect.fn("EmbedExchanges.exchange")((request) => exchangeStep(request))
    })
  })
)
