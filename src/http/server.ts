import { Duration, Effect, Layer } from "effect"
import { HttpRouter } from "effect/http"
import { Closing, makeClosing } from "./closing.ts"
import { guard } from "./guard.ts"

/**
 * Serves some routes on the `HttpServer` of the context, all of them behind the guard:
 * `httpServer(Layer.mergeAll(restRoutes(settings), graphqlRoutes))`. The guard writes the access log, so the
 * framework's own, which would write whole paths, is off.
 */
export const httpServer = <A, E, R>(
  routes: Layer.Layer<A, E, R>,
  { stopNotice = Duration.zero }: { readonly stopNotice?: Duration.Duration } = {}
) => {
  const closing = makeClosing()
  const serving = HttpRouter.serve(Layer.mergeAll(routes, guard), {
    disableLogger: true,
    disableListenLog: true
  }).pipe(Layer.provide(Layer.succeed(Closing, closing)))
  // Built on top of what serves, so it ends first: what is still answered from then on ends its connection.
  const noticing = Layer.effectDiscard(
    Effect.addFinalizer(() =>
      Effect.sync(() => {
        closing.tell()
        // Whoever sends requests here has that long to see it; until then they are still taken.
      }).pipe(
        Effect.andThen(
          Effect.logInfo("told to stop: what was begun is ended, and nothing else is taken for long")
        ),
        Effect.andThen(Effect.sleep(stopNotice))
      )
    )
  )
  return Layer.provideMerge(noticing, serving)
}
