import { Effect, Redacted, type Scope } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { connect, createServer, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { temporaryPrefix } from "../../../src/db/embedded/folders.ts"

/** What went over the wire to PostgreSQL since the last look. */
export interface Traffic {
  /** The text of each statement that was executed, whoever prepared it. */
  readonly statements: ReadonlyArray<string>
  /** How often the client stopped sending and waited for PostgreSQL. */
  readonly roundTrips: number
  /** How often PostgreSQL said that no transaction is open any more: what was written until then is committed. */
  readonly endsOfTransaction: number
}

/** Somebody between a pool and PostgreSQL who reads along: the protocol itself, not what a client says of itself. */
export interface Wire {
  /** The address of the same database, through the wire. */
  readonly url: Redacted.Redacted
  readonly take: Effect.Effect<Traffic>
  /** From now on nothing goes through the connections that there are, and nobody is told. New ones work. */
  readonly fallSilent: Effect.Effect<void>
}

export const tap = (url: Redacted.Redacted): Effect.Effect<Wire, never, Scope.Scope> =>
  Effect.gen(function* () {
    const address = new URL(Redacted.value(url))
    const name = `.s.PGSQL.${address.searchParams.get("port") ?? "5432"}`
    const behind = join(address.searchParams.get("host") ?? "", name)
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), temporaryPrefix))),
      (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
    )
    let seen = { statements: new Array<string>(), roundTrips: 0, endsOfTransaction: 0 }
    const sockets = new Set<Socket>()
    const silences = new Set<() => void>()

    yield* Effect.acquireRelease(
      Effect.callback<ReturnType<typeof createServer>>((resume) => {
        const server = createServer((client) => {
          const postgres = connect(behind)
          let silent = false
          silences.add(() => {
            silent = true
          })
          const prepared = new Map<string, string>()
          // The first message of a client has no type.
          const fromClient = messages(false, (type, body) => {
            const [first = "", second = ""] = body.toString("utf8").split("\0")
            if (type === "P") prepared.set(first, second)
            if (type === "B") seen.statements.push(prepared.get(second) ?? `unknown ${second}`)
            if (type === "Q") seen.statements.push(first)
            if (type === "S" || type === "Q" || type === "H") seen.roundTrips += 1
          })
          const fromPostgres = messages(true, (type, body) => {
            if (type === "Z" && body.toString("latin1") === "I") seen.endsOfTransaction += 1
          })
          for (const [here, there, read] of [
            [client, postgres, fromClient],
            [postgres, client, fromPostgres]
          ] as const) {
            sockets.add(here)
            here.on("data", (bytes) => {
              if (silent) return
              read(bytes)
              there.write(bytes)
            })
            here.on("close", () => there.destroy())
            here.on("error", () => there.destroy())
          }
        })
        server.listen(join(folder, name), () => resume(Effect.succeed(server)))
      }),
      (server) =>
        Effect.callback<void>((resume) => {
          for (const socket of sockets) socket.destroy()
          server.close(() => resume(Effect.void))
        })
    )

    address.searchParams.set("host", folder)
    return {
      url: Redacted.make(address.href),
      fallSilent: Effect.sync(() => {
        for (const silence of silences) silence()
      }),
      take: Effect.sync(() => {
        const taken = seen
        seen = { statements: [], roundTrips: 0, endsOfTransaction: 0 }
        return taken
      })
    }
  })

/** Cuts a stream of bytes into messages of PostgreSQL's protocol. */
const messages = (typedFromTheStart: boolean, onMessage: (type: string, body: Buffer) => void) => {
  let rest: Buffer = Buffer.alloc(0)
  let typed = typedFromTheStart
  return (bytes: Buffer): void => {
    rest = Buffer.concat([rest, bytes])
    while (true) {
      const head = typed ? 1 : 0
      if (rest.length < head + 4) return
      const end = head + rest.readUInt32BE(head)
      if (rest.length < end) return
      onMessage(typed ? String.fromCharCode(rest[0] ?? 0) : "startup", rest.subarray(head + 4, end))
      rest = rest.subarray(end)
      typed = true
    }
  }
}
