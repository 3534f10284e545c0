import { Config, ConfigProvider, Effect, Layer, Option, type Redacted } from "effect"
import { Secrets } from "../kernel/Secrets.ts"

/**
 * Reads the secret `stripe_loop_health` from the variable `SECRET_STRIPE_LOOP_HEALTH`. The prefix keeps every other
 * variable, such as the database's address, out of reach of whoever may name a merchant account's credentials.
 */
export const environmentSecrets: Layer.Layer<never> = Layer.effect(
  Secrets,
  Effect.map(ConfigProvider.ConfigProvider, (provider) => ({
    get: (name: string): Effect.Effect<Redacted.Redacted | undefined> =>
      Config.option(Config.Redacted(`SECRET_${name.toUpperCase()}`))
        .parse(provider)
        .pipe(
          Effect.map(Option.getOrUndefined),
          Effect.orElseSucceed(() => undefined)
        )
  }))
)
