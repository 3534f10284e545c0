import { Layer } from "effect"
import { HttpRouter } from "effect/http"
import { guard } from "./guard.ts"

/**
 * Serves some routes on the `HttpServer` of the context, all of them behind the guard:
 * `httpServer(Layer.mergeAll(restRoutes(settings), graphqlRoutes))`. The guard writes the access log, so the
 * framework's own, which would write whole paths, is off.
 */
export const httpServer = <A, E, R>(routes: Layer.Layer<A, E, R>) =>
  HttpRouter.serve(Layer.mergeAll(routes, guard), { disableLogger: true, disableListenLog: true })
