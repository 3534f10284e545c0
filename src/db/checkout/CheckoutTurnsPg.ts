import { Duration, Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { CheckoutTurns } from "../../kernel/checkout/CheckoutTurns.ts"
import { step } from "../steps.ts"

/**
 * After this long nobody is at a turn any more: a vault has answered or not long before. It is about how long a page
 * that was loaded again waits for a server that died, and not about safety, which the used key is for.
 */
const lapse = Duration.minutes(1)

/** Turns in PostgreSQL. What the steps do is in `migrations/0009_checkout.sql`. */
export const layer = (settings = { lapse }): Layer.Layer<CheckoutTurns, never, SqlClient.SqlClient> =>
  Layer.effect(
    CheckoutTurns,
    Effect.map(SqlClient.SqlClient, (sql) => {
      const lapseMs = Duration.toMillis(settings.lapse)
      const steps = {
        of: step(sql, "turns_of", Schema.Struct({ over: Schema.Int, open: Schema.Boolean })),
        take: step(sql, "take_turn", Schema.Boolean),
        end: step(sql, "end_turn", Schema.Boolean),
        withdraw: step(sql, "withdraw_turn", Schema.Boolean)
      }
      return CheckoutTurns.of({
        of: Effect.fn("CheckoutTurns.of")((session) => steps.of({ session, lapseMs })),
        take: Effect.fn("CheckoutTurns.take")(({ vaultToken, ...turn }) =>
          steps.take({ ...turn, request: { vaultToken }, lapseMs })
        ),
        end: Effect.fn("CheckoutTurns.end")((turn) => Effect.asVoid(steps.end(turn))),
        withdraw: Effect.fn("CheckoutTurns.withdraw")((turn) => steps.withdraw(turn))
      })
    })
  )
