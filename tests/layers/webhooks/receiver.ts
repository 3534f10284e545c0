import { Effect, Schedule } from "effect"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { createServer as createTlsServer } from "node:https"
import type { AddressInfo } from "node:net"
import { certificate, key } from "./certificate.ts"

/** What a receiver was sent. */
export interface Received {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

type Answer = (response: ServerResponse, received: Received) => void

/** A real receiver on loopback that notes everything and answers as it is told; gone with its scope. */
export const openReceiver = Effect.fnUntraced(function* ({ tls = false }: { readonly tls?: boolean } = {}) {
  const received: Array<Received> = []
  const behaviour: { answer: Answer } = { answer: (response) => response.end() }
  const take = (request: IncomingMessage, response: ServerResponse) => {
    let body = ""
    request.setEncoding("utf8")
    request.on("data", (chunk: string) => (body += chunk))
    request.on("end", () => {
      const headers = Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, String(value)])
      )
      const one = { path: request.url ?? "", headers, body }
      received.push(one)
      behaviour.answer(response, one)
    })
  }
  const server = yield* Effect.acquireRelease(
    Effect.sync(() => (tls ? createTlsServer({ cert: certificate, key }, take) : createServer(take))),
    (open) =>
      Effect.callback<void>((resume) => {
        open.close(() => resume(Effect.void))
        open.closeAllConnections()
      })
  )
  const port = yield* Effect.callback<number>((resume) => {
    server.listen(0, "127.0.0.1", () => {
      const address: AddressInfo | string | null = server.address()
      resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
    })
  })
  return {
    port,
    url: `http://127.0.0.1:${port}/events`,
    received,
    /** Says how it answers from now on. */
    answer: (how: Answer) => void (behaviour.answer = how),
    /** Waits until it was sent so many. */
    until: (count: number) =>
      Effect.sync(() => received.length >= count).pipe(
        Effect.repeat({ until: (enough) => enough, schedule: Schedule.spaced("10 millis"), times: 2000 })
      )
  }
})
