import { subscribe, unsubscribe } from "node:diagnostics_channel"
import { connect, createServer, type NetConnectOpts, Socket } from "node:net"
import { tmpdir } from "node:os"
import { mkdtempSync, rmSync } from "node:fs"
import { join } from "node:path"

/** A line on which everything that passes is kept, in both directions. */
export interface Tee {
  readonly port: number
  /** All that has passed so far. */
  readonly heard: () => Buffer
  readonly close: () => Promise<void>
}

/** Watches from which ports this very process connects to anywhere: its emulators call each other over the same lines. */
const watchOwnPorts = () => {
  const ports = new Set<number>()
  const note = (message: unknown) => {
    if (typeof message !== "object" || message === null || !("socket" in message)) return
    const { socket } = message
    if (socket instanceof Socket) socket.once("connect", () => ports.add(socket.localPort ?? 0))
  }
  subscribe("net.client.socket", note)
  return { ports, stop: () => unsubscribe("net.client.socket", note) }
}

const listen = (target: NetConnectOpts, at: number | string, ownToo: boolean) => {
  const own = ownToo ? undefined : watchOwnPorts()
  const chunks: Array<{ readonly port: number | undefined; readonly bytes: Buffer }> = []
  const open = new Set<Socket>()
  const server = createServer((client) => {
    const far = connect(target)
    for (const [from, to] of [
      [client, far],
      [far, client]
    ] as const) {
      open.add(from)
      from.on("data", (bytes: Buffer) => chunks.push({ port: client.remotePort, bytes }))
      from.on("error", () => to.destroy())
      from.once("close", () => {
        open.delete(from)
        to.destroy()
      })
      from.pipe(to)
    }
  })
  const listening = new Promise<number>((resolve) => {
    const done = () => {
      const address = server.address()
      resolve(typeof address === "object" && address !== null ? address.port : 0)
    }
    if (typeof at === "string") server.listen(at, done)
    else server.listen(at, "127.0.0.1", done)
  })
  return {
    listening,
    heard: () =>
      Buffer.concat(
        chunks.filter(({ port }) => own === undefined || !own.ports.has(port ?? 0)).map(({ bytes }) => bytes)
      ),
    close: () =>
      new Promise<void>((resolve) => {
        own?.stop()
        server.close(() => resolve())
        for (const socket of open) socket.destroy()
      })
  }
}

/** A line to a port of this machine. Without `ownToo` what this process itself says over it is not kept. */
export const teeOf = async (target: () => number, ownToo = true, at = 0): Promise<Tee> => {
  // Where it leads may be known only later: a server has to know its own address before it starts.
  const options: NetConnectOpts = {
    host: "127.0.0.1",
    get port() {
      return target()
    }
  }
  const { listening, ...rest } = listen(options, at, ownToo)
  return { port: await listening, ...rest }
}

/** A line to the PostgreSQL whose socket is in a folder; answers a folder in which the line's own socket is. */
export const teeOfPostgres = async (folder: string) => {
  const own = mkdtempSync(join(tmpdir(), "tee-"))
  const name = ".s.PGSQL.5432"
  const { listening, close, heard } = listen({ path: join(folder, name) }, join(own, name), true)
  await listening
  return {
    folder: own,
    heard,
    close: async () => {
      await close()
      rmSync(own, { recursive: true, force: true })
    }
  }
}
