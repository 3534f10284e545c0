import type { Fault } from "../plumbing/Fault.ts"
import { faultOfCard } from "../plumbing/faultCards.ts"
import { ask, json, parseJson, type Reply, type Request } from "../plumbing/Http.ts"
import { Detokenizer } from "./expressions.ts"
import { Problem } from "./Problem.ts"
import { type Caller, forbiddenUnlessPrivate, requires, type World } from "./world.ts"

const loopback = new Set(["127.0.0.1", "localhost", "[::1]"])

/** Where the request is to go. The real proxy wants HTTPS and a name; this one goes nowhere but to this machine. */
const destinationOf = (request: Request): URL => {
  const base = request.headers.get("bt-proxy-url") ?? ""
  if (!URL.canParse(base))
    throw new Problem(400, "Invalid proxy request", "BT-PROXY-URL is missing or no URL")
  const url = new URL(base)
  if (url.protocol !== "http:" || !loopback.has(url.hostname)) {
    throw new Problem(400, "Invalid proxy request", "The sandbox forwards to http:// on this machine only")
  }
  const path = request.path.slice("/proxy".length)
  url.pathname = path === "" ? url.pathname : `${url.pathname.replace(/\/$/, "")}${path}`
  if (request.search !== "")
    url.search = url.search === "" ? request.search : `${url.search}&${request.search}`
  return url
}

const notPassedOn = new Set(
  "host connection content-length transfer-encoding keep-alive expect upgrade te trailer accept-encoding".split(
    " "
  )
)

const headersOf = (request: Request): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...request.headers].filter(([name]) => !notPassedOn.has(name) && !name.startsWith("bt-"))
  )

/** The body with card data in it. Forms are read field by field, JSON text by text, anything else as it stands. */
const bodyOf = (request: Request, detokenizer: Detokenizer): string | Buffer => {
  const text = request.body.toString("utf8")
  if (!text.includes("{{") && !/%7b/i.test(text)) return request.body
  const type = request.headers.get("content-type") ?? ""
  if (/json/.test(type)) {
    const value = parseJson(text)
    if (value === undefined) throw new Problem(400, "Invalid proxy request", "The body is not JSON")
    detokenizer.check(JSON.stringify(value).replaceAll('\\"', '"'))
    return JSON.stringify(detokenizer.json(value))
  }
  if (/urlencoded/.test(type)) {
    detokenizer.check(request.fields.pairs.map(([, value]) => value).join("\n"))
    return text
      .split("&")
      .map((pair) => {
        const [[name, value] = ["", ""]] = [...new URLSearchParams(pair)]
        return value.includes("{{") ? new URLSearchParams([[name, detokenizer.text(value)]]).toString() : pair
      })
      .join("&")
  }
  detokenizer.check(text)
  return detokenizer.text(text)
}

export const proxyError = (problem: Problem): Reply => json(problem.status, { proxy_error: problem.body })

const timedOut = (): Reply =>
  proxyError(new Problem(408, "Request Timeout", "The destination did not answer in time"))

const unreachable = (): Reply =>
  proxyError(new Problem(502, "Bad Gateway", "The destination could not be reached or did not answer"))

const notPassedBack = new Set(["connection", "keep-alive", "transfer-encoding", "content-length"])

/** The destination's own answer, with its status told twice. */
const passedBack = (reply: Reply): Reply => ({
  ...reply,
  headers: {
    ...Object.fromEntries(Object.entries(reply.headers).filter(([name]) => !notPassedBack.has(name))),
    "bt-proxy-destination-status": String(reply.status)
  }
})

/** Forwards a request with card data in the place of expressions. */
export const proxy = async (
  world: World,
  caller: Caller,
  request: Request,
  switched: Fault | undefined
): Promise<Reply> => {
  forbiddenUnlessPrivate(caller)
  requires(caller, "proxy:invoke", "token:use")
  const url = destinationOf(request)
  const detokenizer = new Detokenizer(world, caller.tenant)
  const body = bodyOf(request, detokenizer)
  const asked = [...detokenizer.numbers].flatMap((number) => {
    const fault = faultOfCard("vault", number, world.bench.seconds)
    return fault === undefined ? [] : [fault]
  })
  const fault = switched ?? asked[0]
  const { clock } = world.bench
  const forward = () => ask(url, { method: request.method, headers: headersOf(request), body })

  switch (fault?.kind) {
    case "proxy_error":
      throw new Problem(fault.status ?? 400, "Invalid proxy request", "The sandbox was told to refuse this")
    case "proxy_408_before":
      return timedOut()
    case "proxy_408_then":
      clock.at(clock.now() + (fault.seconds ?? 8) * 1000, () => void forward().catch(() => {}))
      return timedOut()
    case "proxy_408_after":
      await forward().catch(() => {})
      return timedOut()
    default:
      break
  }
  if (fault?.kind === "slow") await clock.wait((fault.seconds ?? 2) * 1000)
  // When the time is up the destination goes on working, and nobody hears what it says.
  const reply = await Promise.race([
    forward().then(passedBack, unreachable),
    clock.wait(world.proxyTimeout).then(timedOut)
  ])
  if (fault?.kind === "late_answer") await clock.wait((fault.seconds ?? 2) * 1000)
  return reply
}
