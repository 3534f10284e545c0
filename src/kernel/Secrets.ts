import { Context, Effect, type Redacted } from "effect"

/**
 * The secrets that merchant accounts name. They come from the process's surroundings and are stored nowhere; without
 * a source there are none.
 */
export const Secrets = Context.Reference<{
  readonly get: (name: string) => Effect.Effect<Redacted.Redacted | undefined>
}>("payment-orchestration/kernel/Secrets", { defaultValue: () => ({ get: () => Effect.undefined }) })
