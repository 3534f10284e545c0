import { Effect } from "effect"
import { createServer, type Socket } from "node:net"
import { createServer as createTlsServer } from "node:tls"
import { certificate, key } from "../webhooks/certificate.ts"

/** What the far end does with one connection, byte by byte. */
export interface Line {
  /** Everything that came so far. */
  readonly received: () => string
  /** Waits until so many bytes came, or the whole request. */
  readonly until: (bytes: number | "whole") => Promise<void>
  readonly write: (bytes: string | Uint8Array) => Promise<void>
  /** Ends it properly. */
  readonly end: () => void
  /** Cuts it: the other side sees a reset. */
  readonly cut: () => void
}

/** A TCP or TLS server on loopback that does as it is told; gone with its scope. It counts connections. */
export const openRawServer = Effect.fnUntraced(function* (options: { readonly tls?: boolean } = {}) {
  const lines: Array<Line> = []
  const sockets = new Set<Socket>()
  const behaviour: { serve: (line: Line) => Promise<void> | void } = { serve: () => {} }

  const take = (socket: Socket) => {
    sockets.add(socket)
    socket.on("error", () => {})
    socket.on("close", () => sockets.delete(socket))
    let text = ""
    const waiting = new Set<() => void>()
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1")
      for (const wake of waiting) wake()
    })
    const line: Line = {
      received: () => text,
      until: (bytes) =>
        new Promise((resolve) => {
          const wake = () => {
            if (bytes === "whole" ? isWhole(text) : text.length >= bytes) {
              waiting.delete(wake)
              resolve()
            }
          }
          waiting.add(wake)
          wake()
        }),
      write: (bytes) => new Promise((resolve) => socket.write(bytes, () => resolve())),
      end: () => void socket.end(),
      cut: () => void socket.resetAndDestroy()
    }
    lines.push(line)
    void behaviour.serve(line)
  }
  const server = yield* Effect.acquireRelease(
    Effect.sync(() => (options.tls ? createTlsServer({ cert: certificate, key }, take) : createServer(take))),
    (open) =>
      Effect.callback<void>((resume) => {
        for (const socket of sockets) socket.destroy()
        open.close(() => resume(Effect.void))
      })
  )
  const port = yield* Effect.callback<number>((resume) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
    })
  })
  return {
    port,
    origin: `${options.tls ? "https" : "http"}://127.0.0.1:${port}`,
    lines,
    /** Says what is done with every connection from now on. */
    serve: (how: (line: Line) => Promise<void> | void) => void (behaviour.serve = how)
  }
})

const isWhole = (text: string): boolean => {
  const [head = "", body] = text.split(/\r\n\r\n(.*)/s)
  const length = /content-length: (\d+)/i.exec(head)?.[1]
  return body !== undefined && body.length >= Number(length ?? 0)
}

/** A whole answer as it stands on the wire. */
export const answer = (
  status: number,
  body: string,
  headers: ReadonlyArray<readonly [string, string]> = []
): string =>
  [
    `HTTP/1.1 ${status} Whatever`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    `content-length: ${Buffer.byteLength(body)}`,
    "",
    body
  ].join("\r\n")
