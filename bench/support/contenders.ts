// The side of whoever forks contenders and lets them play.
import { Effect, Schema, type Scope } from "effect"
import { fork } from "node:child_process"

const Answer = Schema.Union([
  Schema.Struct({ answered: Schema.Unknown }),
  Schema.Struct({ failed: Schema.String })
])
const decodeAnswer = Schema.decodeUnknownSync(Answer)

export interface Contending {
  readonly pid: number
  readonly order: (order: object) => Promise<unknown>
}

/** A process that takes orders until the scope closes. */
export const contender = (
  file: URL,
  environment: Readonly<Record<string, string>> = {},
  options: ReadonlyArray<string> = []
): Effect.Effect<Contending, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(() => forked(file, environment, options)),
    ({ stop }) => Effect.promise(stop)
  )

const forked = async (
  file: URL,
  environment: Readonly<Record<string, string>>,
  options: ReadonlyArray<string>
) => {
  const child = fork(file, {
    env: { ...process.env, ...environment },
    execArgv: [...options],
    stdio: "inherit"
  })
  const waiting: Array<PromiseWithResolvers<unknown>> = []
  child.on("message", (message) => {
    const answer = decodeAnswer(message)
    const first = waiting.shift()
    if ("failed" in answer) first?.reject(new Error(answer.failed))
    else first?.resolve(answer.answered)
  })
  const gone = Promise.withResolvers<void>()
  child.on("exit", (code, signal) => {
    gone.resolve()
    for (const one of waiting.splice(0)) one.reject(new Error(`${file.pathname} ended: ${code ?? signal}`))
  })
  const heard = () => {
    const one = Promise.withResolvers<unknown>()
    waiting.push(one)
    return one.promise
  }
  const order = (what: object) => {
    const answer = heard()
    child.send(what)
    return answer
  }
  const stop = async () => {
    if (child.connected) child.disconnect()
    const patience = setTimeout(() => child.kill("SIGKILL"), 10_000)
    await gone.promise
    clearTimeout(patience)
  }
  await heard()
  return { pid: child.pid ?? 0, order, stop }
}
