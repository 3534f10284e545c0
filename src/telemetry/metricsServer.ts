import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Effect, Layer, References } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { createServer } from "node:http"
import { makeScrape } from "./scrape.ts"
import { Counted } from "./telemetry.ts"

const routes = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    const series = yield* Counted
    if (series === undefined) return
    const { scrape } = yield* makeScrape(series)
    yield* router.add(
      "GET",
      "/metrics",
      Effect.map(scrape, (text) =>
        HttpServerResponse.text(text, { contentType: "text/plain; version=0.0.4; charset=utf-8" })
      )
    )
  })
)

/** `GET /metrics` on an address of its own, which the doors of customers and apps do not share. */
export const metricsServer = (settings: {
  readonly metricsHost: string
  readonly metricsPort: number | undefined
}) =>
  settings.metricsPort === undefined
    ? Layer.empty
    : HttpRouter.serve(routes, { disableLogger: true, disableListenLog: true }).pipe(
        Layer.provide(
          NodeHttpServer.layer(createServer, { host: settings.metricsHost, port: settings.metricsPort })
        ),
        // Whoever looks is not among what is looked at.
        Layer.provide(Layer.succeed(References.TracerEnabled, false))
      )
