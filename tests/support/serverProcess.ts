import { Effect } from "effect"
import { type ChildProcess, spawn, type StdioOptions } from "node:child_process"
import { createServer } from "node:net"
import { fileURLToPath } from "node:url"

// The service as a process of its own, for whoever wants to stop, pause or kill one.

/** A port that nobody listens on now. */
export const freePort: Effect.Effect<number> = Effect.callback((resume) => {
  const probe = createServer()
  probe.listen(0, "127.0.0.1", () => {
    const address = probe.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    probe.close(() => resume(Effect.succeed(port)))
  })
})

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url))

/** Starts it as `npm start` does, with these settings on top of this process's own. */
export const spawnServer = (
  settings: Readonly<Record<string, string>>,
  stdio: StdioOptions
): Effect.Effect<ChildProcess> =>
  Effect.sync(() =>
    spawn(process.execPath, [main], { env: { ...process.env, LOG_FORMAT: "json", ...settings }, stdio })
  )

export const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null

/** Waits for its end. */
export const ended = (child: ChildProcess): Effect.Effect<void> =>
  Effect.callback((resume) => {
    if (hasEnded(child)) return resume(Effect.void)
    const done = () => resume(Effect.void)
    child.once("exit", done)
    return Effect.sync(() => child.off("exit", done))
  })

/** Sends a signal that ends it, and waits for its end. */
export const end = (child: ChildProcess, signal: NodeJS.Signals): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (!hasEnded(child)) child.kill(signal)
    return ended(child)
  })
