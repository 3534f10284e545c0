import { Effect, Layer, Logger, References, String } from "effect"

/**
 * A cluster's runner that leaves without a warning. While it closes it takes itself out of the list of runners, and a
 * fiber of its own that reads the list until the very end wonders that nobody is in it: nobody is to be told of that.
 */
export const quietClosing = <A, E, R>(runner: Layer.Layer<A, E, R>): Layer.Layer<A, E, R> =>
  Layer.unwrap(
    Effect.gen(function* () {
      const closing = { now: false }
      const heeding = [...(yield* Logger.CurrentLoggers)].map((logger) =>
        Logger.make<unknown, unknown>((entry) => {
          const { module } = entry.fiber.getRef(References.CurrentLogAnnotations)
          const isOfCluster = String.isString(module) && module.startsWith("effect/cluster/")
          return closing.now && isOfCluster && entry.logLevel === "Warn" ? undefined : logger.log(entry)
        })
      )
      // Built on top of the runner, so it ends first.
      const noticing = Layer.effectDiscard(
        Effect.addFinalizer(() =>
          Effect.sync(() => {
            closing.now = true
          })
        )
      )
      return noticing.pipe(
        Layer.provideMerge(runner),
        Layer.provide(Layer.succeed(Logger.CurrentLoggers, new Set(heeding)))
      )
    })
  )
