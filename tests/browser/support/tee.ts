import { connect, createServer, type NetConnectOpts, type Socket } from "node:net"
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

const listen = (target: NetConnectOpts, at: number | string) => {
  const chunks: Array<Buffer> = []
  const open = new Set<Socket>()
  const server = createServer((client) => {
    const far = connect(target)
    for (const [from, to] of [
      [client, far],
      [far, client]
    ] as const) {
      open.add(from)
      from.on("data", (chunk: Buffer) => chunks.push(chunk))
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
    heard: () => Buffer.concat(chunks),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        for (const socket of open) socket.destroy()
      })
  }
}

/** A line to a port of this machine. */
export const teeOf = async (target: () => number, at = 0): Promise<Tee> => {
  // Where it leads may be known only later: a server has to know its own address before it starts.
  const options: NetConnectOpts = {
    host: "127.0.0.1",
    get port() {
      return target()
    }
  }
  const { listening, ...rest } = listen(options, at)
  return { port: await listening, ...rest }
}

/** A line to the PostgreSQL whose socket is in a folder; answers a folder in which the line's own socket is. */
export const teeOfPostgres = async (folder: string) => {
  const own = mkdtempSync(join(tmpdir(), "tee-"))
  const name = ".s.PGSQL.5432"
  const { listening, close, heard } = listen({ path: join(folder, name) }, join(own, name))
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
