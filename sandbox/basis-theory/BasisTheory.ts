import { Schema } from "effect"
import type { Bench } from "../plumbing/Bench.ts"
import type { Fault } from "../plumbing/Fault.ts"
import { json, parseJson, type Reply, type Request } from "../plumbing/Http.ts"
import { randomText } from "../plumbing/ids.ts"
import { type Gateway, paced } from "../plumbing/serve.ts"
import { elements } from "./elements.ts"
import { createIntent, deleteIntent, getIntent } from "./intents.ts"
import { notFound, Problem } from "./Problem.ts"
import { proxy, proxyError } from "./proxy.ts"
import { authorizeSession, createSession } from "./sessions.ts"
import { createToken, deleteToken, getToken, patchToken } from "./tokens.ts"
import { type Caller, callerOf, makeWorld, type World } from "./world.ts"

const day = 24 * 3600 * 1000

const problemReply = (problem: Problem): Reply => ({
  ...json(problem.status, problem.body),
  headers: { "content-type": "application/problem+json" }
})

const isProxy = ({ path }: Request) => path === "/proxy" || path.startsWith("/proxy/")
const isMergePatch = (request: Request) =>
  /^application\/merge-patch\+json\b/.test(request.headers.get("content-type") ?? "")

const decodeKey = Schema.decodeUnknownResult(
  Schema.Struct({
    type: Schema.Literals(["private", "public"]),
    permissions: Schema.Array(Schema.String),
    tenant: Schema.optionalKey(Schema.String)
  })
)
const decodeLimit = Schema.decodeUnknownResult(
  Schema.NullOr(Schema.Struct({ requests: Schema.Int, seconds: Schema.Finite }))
)

/** The emulated Basis Theory. */
export const makeBasisTheory = (
  bench: Bench,
  options: { readonly proxyTimeout: number }
): { readonly gateway: Gateway; readonly world: World } => {
  const world = makeWorld(bench, options.proxyTimeout)
  const running = new Set<string>()
  let limit: { readonly requests: number; readonly seconds: number } | null = null
  let recent: ReadonlyArray<{ readonly key: string; readonly at: number }> = []

  const throttle = (key: string): void => {
    const now = bench.clock.now()
    const since = limit === null ? now : now - limit.seconds * 1000
    recent = recent.filter(({ at }) => at > since)
    if (limit === null) return
    if (recent.filter((one) => one.key === key).length >= limit.requests) {
      throw new Problem(429, "Too Many Requests", "The rate limit was exceeded")
    }
    recent = [...recent, { key, at: now }]
  }

  const work = (caller: Caller, request: Request): Reply => {
    const { method, path } = request
    const body = parseJson(request.body.toString("utf8"))
    const [, collection = "", id = ""] = /^\/(tokens|token-intents)\/([^/]+)$/.exec(path) ?? []
    switch (`${method} ${collection === "" ? path : `/${collection}/:id`}`) {
      case "POST /tokens":
        return json(201, createToken(world, caller, body))
      case "GET /tokens/:id":
        return json(200, getToken(world, caller, id))
      case "PATCH /tokens/:id":
        if (!isMergePatch(request)) {
          throw new Problem(415, "Unsupported Media Type", "PATCH takes application/merge-patch+json")
        }
        return json(200, patchToken(world, caller, id, body))
      case "DELETE /tokens/:id":
        deleteToken(world, caller, id)
        return { status: 204, headers: {}, body: "" }
      case "POST /token-intents":
        return json(201, createIntent(world, caller, body))
      case "GET /token-intents/:id":
        return json(200, getIntent(world, caller, id))
      case "DELETE /token-intents/:id":
        deleteIntent(world, caller, id)
        return { status: 204, headers: {}, body: "" }
      case "POST /sessions":
        return json(200, createSession(world, caller))
      case "POST /sessions/authorize":
        authorizeSession(world, caller, body)
        return { status: 200, headers: {}, body: "" }
      default:
        throw notFound()
    }
  }

  const attempt = (run: () => Reply): Reply => {
    try {
      return run()
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      return problemReply(error)
    }
  }

  /** Keeps successes under their key for a day; failures are not kept, and no two run at once. */
  const once = async (caller: Caller, request: Request, fault: Fault | undefined): Promise<Reply> => {
    const key = request.headers.get("bt-idempotency-key") ?? ""
    const run = () => attempt(() => bench.store.transact(() => work(caller, request)))
    if (key === "" || !["POST", "PUT", "PATCH"].includes(request.method))
      return paced(bench.clock, fault, run)
    const row = `${caller.key} ${key}`
    if (running.has(row))
      throw new Problem(409, "Conflict", "A request with this idempotency key is in flight")
    const saved = world.saved.get(row)
    if (saved !== undefined && bench.clock.now() - saved.at < day) {
      return { status: saved.status, headers: { "content-type": "application/json" }, body: saved.body }
    }
    running.add(row)
    try {
      return await paced(bench.clock, fault, () =>
        bench.store.transact(() => {
          const reply = run()
          if (reply.status < 300) {
            world.saved.put(row, { at: bench.clock.now(), status: reply.status, body: String(reply.body) })
          }
          return reply
        })
      )
    } finally {
      running.delete(row)
    }
  }

  const answer = async (request: Request, fault: Fault | undefined): Promise<Reply> => {
    const shown = elements(request)
    if (shown !== undefined) return shown
    const trace = { "bt-trace-id": request.headers.get("bt-trace-id") ?? randomText(22) }
    try {
      const key = request.headers.get("bt-api-key")
      const caller = callerOf(world, key)
      throttle(caller.key)
      const reply = await (isProxy(request)
        ? proxy(world, caller, request, fault)
        : once(caller, request, fault))
      return { ...reply, headers: { ...reply.headers, ...trace } }
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      const reply = isProxy(request) ? proxyError(error) : problemReply(error)
      return { ...reply, headers: { ...reply.headers, ...trace } }
    }
  }

  const control = (request: Request): Reply | undefined => {
    const body = parseJson(request.body.toString("utf8"))
    switch (`${request.method} ${request.path}`) {
      case "POST /_sandbox/keys": {
        const asked = decodeKey(body)
        if (asked._tag === "Failure") return json(400, { sandbox_error: String(asked.failure) })
        const { type, permissions, tenant = "sandbox" } = asked.success
        const key = `key_sandbox_${randomText(22)}`
        world.keys.put(key, { key, tenant, type, permissions })
        return json(201, { key })
      }
      case "POST /_sandbox/limit": {
        const asked = decodeLimit(body)
        if (asked._tag === "Failure")
          return json(400, { sandbox_error: "give { requests, seconds } or null" })
        limit = asked.success
        recent = []
        return json(200, limit)
      }
      default:
        return undefined
    }
  }

  return {
    world,
    gateway: {
      bench,
      charges: isProxy,
      askedFault: () => undefined,
      answer,
      failure: (status) =>
        problemReply(new Problem(status, "Internal Server Error", "Something went wrong on our side")),
      throttled: () => problemReply(new Problem(429, "Too Many Requests", "The rate limit was exceeded")),
      control
    }
  }
}
