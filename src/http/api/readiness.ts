import { Schema } from "effect"
import { HttpApi, HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"

/** What a server says of itself when somebody asks whether to send it requests. */
const shape = {
  /** Where this server stands. */
  server: Schema.Literals(["serving", "draining"]).annotate({
    description: "`draining`: it was told to stop, and ends what it has begun."
  }),
  database: Schema.Literals(["answers", "gone"]),
  migrations: Schema.Literals(["current", "pending", "newer", "unknown"]).annotate({
    description: "`pending`: this version's are not all there. `newer`: some are there that it does not know."
  }),
  workers: Schema.Literals(["member", "not_a_member"]).annotate({
    description:
      "Whether this server has a part in the work that no request does. Requests do not depend on it."
  })
}

const Ready = Schema.Struct({ status: Schema.Literal("ready"), ...shape }).annotate({ identifier: "Ready" })
const NotReady = Schema.Struct({ status: Schema.Literal("not_ready"), ...shape }).annotate({
  identifier: "NotReady"
})

export const Readiness = Schema.Union([Ready, NotReady])
export type Readiness = Omit<typeof Ready.Type, "status"> & { readonly status: "ready" | "not_ready" }

/** Served by a route of its own, which needs the database of the workers; here it is only described. */
class ReadyGroup extends HttpApiGroup.make("server")
  .add(
    HttpApiEndpoint.get("ready", "/ready", {
      success: Ready,
      error: NotReady.pipe(HttpApiSchema.status(503))
    }).annotateMerge(
      OpenApi.annotations({
        summary: "Whether this server can take requests now",
        description:
          "Needs no key. For load balancers: a server without its database is not ready, and restarting it would mend nothing."
      })
    )
  )
  .annotateMerge(OpenApi.annotations({ title: "Server" })) {}

const described = OpenApi.fromApi(HttpApi.make("ready").add(ReadyGroup))

/** The document of the API, with what it does not serve itself. */
export const withReadiness = (document: Record<string, unknown>): Record<string, unknown> => ({
  ...document,
  paths: { ...Object(document["paths"]), ...described.paths },
  components: {
    ...Object(document["components"]),
    schemas: { ...Object(Object(document["components"])["schemas"]), ...described.components.schemas }
  }
})
