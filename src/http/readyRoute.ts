import { Effect } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { OperationsReads } from "../db/operations/OperationsReads.ts"
import { ClusterSeat } from "../workers/ClusterSeat.ts"
import type { Readiness } from "./api/readiness.ts"
import { Closing } from "./closing.ts"

/**
 * `GET /ready`: whether this server can take requests now. Needs no key and says nothing that anybody could use. It is
 * not `GET /health`, which says that the process lives: a server without its database is not ready, and restarting it
 * would mend nothing.
 */
export const readyRoute = (settings: { readonly newerDatabase: boolean }) =>
  HttpRouter.use(
    Effect.fnUntraced(function* (router) {
      const reads = yield* OperationsReads
      const closing = yield* Closing
      const seat = yield* ClusterSeat

      // Anybody may ask, so the database is asked once for all who do at about the same time.
      const look = yield* Effect.cachedWithTTL(Effect.option(reads.shape), "500 millis")

      const readiness = Effect.gen(function* () {
        const shape = yield* look
        const migrations = shape._tag === "None" ? "unknown" : shape.value
        const fits = migrations === "current" || (migrations === "newer" && settings.newerDatabase)
        const found: Readiness = {
          status: fits && !closing.now ? "ready" : "not_ready",
          server: closing.now ? "draining" : "serving",
          database: shape._tag === "None" ? "gone" : "answers",
          migrations,
          workers: seat.isTaken() ? "member" : "not_a_member"
        }
        return found
      })

      yield* router.add(
        "GET",
        "/ready",
        Effect.map(readiness, (found) =>
          HttpServerResponse.jsonUnsafe(found, { status: found.status === "ready" ? 200 : 503 })
        )
      )
    })
  )
