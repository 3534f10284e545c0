// A server that cannot listen says what to do about it.
import { expect, it } from "@effect/vitest"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Effect, Layer } from "effect"
import { HttpServerError } from "effect/http"
import { createServer, type Server } from "node:http"
import { listenErrorText } from "../../src/http/listenError.ts"

const host = "127.0.0.1"

const listening = Effect.acquireRelease(
  Effect.callback<Server>((resume) => {
    const server = createServer()
    server.listen(0, host, () => resume(Effect.succeed(server)))
  }),
  (server) => Effect.sync(() => server.close())
)

it.live("a busy port is named, with the command that takes another", () =>
  Effect.gen(function* () {
    const address = (yield* listening).address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    const error = yield* Layer.build(NodeHttpServer.layerServer(createServer, { host, port })).pipe(
      Effect.flip
    )
    expect(listenErrorText(error, { host, port })).toBe(
      `Port ${port} of ${host} is taken by another program. Stop it, or choose another port: PORT=${port + 1} npm start`
    )
  })
)

it("a port that this user may not take, and the last port there is, lead to one that works", () => {
  const error = (code: string) =>
    new HttpServerError.ServeError({ cause: Object.assign(new Error(code), { code }) })
  expect(listenErrorText(error("EACCES"), { host, port: 80 })).toContain("PORT=4001 npm start")
  expect(listenErrorText(error("EADDRINUSE"), { host, port: 65_535 })).toContain("PORT=4001 npm start")
  expect(listenErrorText(error("EADDRNOTAVAIL"), { host: "10.9.9.9", port: 4000 })).toContain(
    "HOST=127.0.0.1"
  )
  expect(listenErrorText(error("EMFILE"), { host, port: 4000 })).toMatch(/EMFILE.*PORT=4001/)
})
