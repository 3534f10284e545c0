// A request has a time in which it arrives: half a body holds no connection, and a slow one is not cut.
import { expect, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { connect } from "node:net"
import { listener } from "../../src/http/listener.ts"
import { config, key, openDoor, sessionOf } from "./support.ts"

/** What a line is answered until it is closed, when some pieces are sent over it, one after the other. */
const saidTo = (origin: string, pieces: ReadonlyArray<string>, pause: number) =>
  Effect.promise(
    () =>
      new Promise<string>((resolve, reject) => {
        const { hostname, port } = new URL(origin)
        let said = ""
        const line = connect(Number(port), hostname)
        const send = ([piece, ...more]: ReadonlyArray<string>) => {
          if (piece === undefined) return
          line.write(piece)
          setTimeout(() => send(more), pause)
        }
        line.setEncoding("utf8")
        line.once("connect", () => send(pieces))
        line.on("data", (data) => (said += String(data)))
        line.once("close", () => resolve(said))
        line.once("error", reject)
      })
  )

const body = JSON.stringify(config)
const head = (path: string, length: number) =>
  `POST ${path} HTTP/1.1\r\nHost: payments\r\nConnection: close\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`

it.live("half a body is answered 408 and its connection closed, with nothing begun", () =>
  Effect.gen(function* () {
    const begun: Array<unknown> = []
    const create = (asked: unknown) => Effect.sync(() => (begun.push(asked), sessionOf()))
    const door = yield* openDoor({ sessions: { create } }, listener(Duration.millis(500)))
    const whole = head("/v1/payment-sessions", body.length)
    for (const half of [whole + body.slice(0, 40), whole, whole.slice(0, 50)])
      expect(yield* saidTo(door.origin, [half], 0)).toMatch(/^HTTP\/1\.1 408 [^]*connection: close/i)
    expect(begun).toEqual([])
    expect((yield* door.ask("GET", "/health")).status).toBe(200)
  })
)

it.live(
  "a body that comes in many small pieces is taken, and an answer may take longer than its request",
  () =>
    Effect.gen(function* () {
      const door = yield* openDoor(
        { sessions: { create: () => Effect.as(Effect.sleep("2300 millis"), sessionOf()) } },
        listener(Duration.seconds(2))
      )
      const pieces = [head("/v1/payment-sessions", body.length), ...(body.match(/[^]{1,20}/g) ?? [])]
      expect(yield* saidTo(door.origin, pieces, 30)).toMatch(/^HTTP\/1\.1 201 /)
    })
)
