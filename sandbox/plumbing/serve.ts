import { Schema } from "effect"
import type { Bench } from "./Bench.ts"
import type { Clock } from "./Clock.ts"
import { type Fault, Rule } from "./Fault.ts"
import { type Answer, json, listen, page, parseJson, type Reply, type Request } from "./Http.ts"

/** One emulated gateway, as the HTTP server sees it. */
export interface Gateway {
  readonly bench: Bench
  /** Whether the request may charge a card: only these are struck by faults of charges. */
  readonly charges: (request: Request) => boolean
  /** What the card of the request asks for, if it is a magic one. */
  readonly askedFault: (request: Request) => Fault | undefined
  readonly answer: (request: Request, fault: Fault | undefined) => Promise<Reply>
  /** How this gateway says that something went wrong on its side, or that it is asked too often. */
  readonly failure: (status: number) => Reply
  readonly throttled: () => Reply
  /** Doors under /_sandbox of its own. */
  readonly control: (request: Request) => Reply | undefined
}

export const isControl = ({ path }: Request): boolean => path === "/_sandbox" || path.startsWith("/_sandbox/")

/** Works on a request when the fault says, and holds the answer back as long as it says. */
export const paced = async (clock: Clock, fault: Fault | undefined, work: () => Reply): Promise<Reply> => {
  if (fault?.kind === "slow") await clock.wait((fault.seconds ?? 2) * 1000)
  const reply = work()
  if (fault?.kind === "late_answer") await clock.wait((fault.seconds ?? 2) * 1000)
  return reply
}

const whole = (reply: Reply): Answer => ({ reply, manner: "whole" })

const handle = async (gateway: Gateway, request: Request): Promise<Answer> => {
  if (isControl(request)) return whole(control(gateway, request))
  const fault =
    gateway.bench.faults.take({
      method: request.method,
      path: request.path,
      charges: gateway.charges(request),
      field: (name) => request.fields.get(name) ?? request.query.get(name)
    }) ?? gateway.askedFault(request)

  if (fault?.kind === "cut_before") return { reply: gateway.failure(500), manner: "cut" }
  if (fault?.kind === "error_before") return whole(gateway.failure(fault.status ?? 500))
  if (fault?.kind === "rate_limited") return whole(gateway.throttled())

  const reply = await gateway.answer(request, fault)
  switch (fault?.kind) {
    case "cut_after":
      return { reply, manner: "cut" }
    case "late_money":
      return { reply, manner: fault.answer === "cut" ? "cut" : "whole" }
    case "truncated":
      return { reply, manner: "truncated" }
    case "error_after":
      return whole(reply.status >= 500 ? reply : gateway.failure(fault.status ?? 500))
    case "malformed":
      return whole(page(200, "<h1>Service temporarily unavailable</h1>"))
    case "empty":
      return whole({ ...reply, status: 200, body: "" })
    case "answer_twice":
      return whole({ ...reply, body: Buffer.concat([Buffer.from(reply.body), Buffer.from(reply.body)]) })
    default:
      return whole(reply)
  }
}

const decodeRule = Schema.decodeUnknownResult(Rule)
const decodeClock = Schema.decodeUnknownResult(Schema.Struct({ seconds: Schema.Finite }))

const control = (gateway: Gateway, request: Request): Reply => {
  const { bench } = gateway
  const body = parseJson(request.body.toString("utf8"))
  switch (`${request.method} ${request.path}`) {
    case "GET /_sandbox/books":
      return json(200, bench.books.snapshot())
    case "GET /_sandbox/faults":
      return json(200, bench.faults.list())
    case "DELETE /_sandbox/faults":
      bench.faults.clear()
      return json(200, [])
    case "POST /_sandbox/faults": {
      const rule = decodeRule(body)
      if (rule._tag === "Failure") return json(400, { sandbox_error: String(rule.failure) })
      bench.faults.add(rule.success)
      return json(201, bench.faults.list())
    }
    case "GET /_sandbox/clock":
      return json(200, { now: new Date(bench.clock.now()).toISOString(), ahead: bench.clock.ahead() / 1000 })
    case "POST /_sandbox/clock": {
      const moved = decodeClock(body)
      if (moved._tag === "Failure" || moved.success.seconds < 0) {
        return json(400, { sandbox_error: "give { seconds }, how far to move the clock ahead" })
      }
      bench.clock.advance(moved.success.seconds * 1000)
      return json(200, { now: new Date(bench.clock.now()).toISOString(), ahead: bench.clock.ahead() / 1000 })
    }
    default:
      return (
        gateway.control(request) ?? json(404, { sandbox_error: `no ${request.method} ${request.path} here` })
      )
  }
}

/** Opens the server of a gateway. */
export const serve = (gateway: Gateway, host: string, port: number) =>
  listen(host, port, (request) => handle(gateway, request))
