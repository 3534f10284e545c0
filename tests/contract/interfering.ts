// What goes wrong at a far end that only ever behaves: it is done on our side of the line.
import { Clock, Duration, Effect } from "effect"
import type { VaultToken } from "../../src/kernel/Card.ts"
import type { Answered, Exchanged, OutgoingRequest, Transport } from "../../src/layers/transport/Exchange.ts"

/**
 * `lost`: the far end did its work, and its answer never comes. `unsent`: nothing goes out, and nobody says so.
 * `cut`: half of the answer comes. `page`: a web page comes in its place. `late`: the answer takes its time.
 * `given_up`: the vault's proxy says that the destination took too long, which did its work; `given_up_unsent`: the
 * same, and it was never asked.
 */
export type Interference = "lost" | "unsent" | "cut" | "page" | "late" | "given_up" | "given_up_unsent"

/** How the requests of a driver are read. */
export interface Wire {
  /** The card that a request takes money from, by whichever name the request has for it. */
  readonly charges: (request: OutgoingRequest) => string | undefined
  /** A card, and the name that the processor's answer gives it from now on. */
  readonly names?: (
    request: OutgoingRequest,
    answer: Answered
  ) => readonly [card: string, name: string] | undefined
}

/** The fields of a form that a request carries. */
export const fieldsOf = ({ body }: OutgoingRequest): URLSearchParams => new URLSearchParams(body ?? "")

/** Where a request is meant for: through the vault's proxy, that is the destination. */
export const destinationOf = ({ url, headers }: OutgoingRequest): { path: string; proxied: boolean } => {
  const proxied = headers["bt-proxy-url"]
  return typeof proxied === "string"
    ? { path: new URL(proxied).pathname, proxied: true }
    : { path: url.pathname, proxied: false }
}

/** The token whose data stands in a field once the proxy has put it there. */
export const tokenIn = (field: string | null): string | undefined =>
  /^\{\{ ([\w-]+) \|/.exec(field ?? "")?.[1]

const gaveUp: Answered = {
  _tag: "Answered",
  status: 408,
  headers: [["content-type", "application/json"]],
  body: new TextEncoder().encode(`{"proxy_error":{"status":408,"title":"Request Timeout"}}`),
  whole: true
}

const page = new TextEncoder().encode("<!doctype html><title>Bad gateway</title>")

const after = (
  interference: Interference,
  answer: Answered,
  late: Duration.Duration
): Effect.Effect<Exchanged> => {
  switch (interference) {
    case "cut":
      return Effect.succeed({
        ...answer,
        body: answer.body.subarray(0, Math.floor(answer.body.length / 2)),
        whole: false
      })
    case "page":
      return Effect.succeed({ ...answer, body: page })
    case "late":
      return Effect.delay(Effect.succeed(answer), late)
    case "given_up":
      return Effect.succeed(gaveUp)
    default:
      return Effect.succeed({ _tag: "Unanswered", code: "timeout" })
  }
}

/** A transport on which the charges of some cards go wrong. Everything else passes as it is. */
export const interfering = (
  transport: Transport,
  wire: Wire,
  plan: ReadonlyArray<readonly [card: VaultToken, interference: Interference]>,
  late: Duration.Duration
): Transport => {
  const planned = new Map(plan.map(([{ tokenRef }, interference]) => [tokenRef, interference]))
  return Effect.fnUntraced(function* (request) {
    const interference = planned.get(wire.charges(request) ?? "")
    if (interference === "unsent") return { _tag: "Unanswered", code: "timeout" }
    if (interference === "given_up_unsent") return gaveUp
    const exchanged = yield* transport(request)
    if (exchanged._tag !== "Answered") return exchanged
    const [card = "", name = ""] = wire.names?.(request, exchanged) ?? []
    const follows = planned.get(card)
    if (follows !== undefined) planned.set(name, follows)
    return interference === undefined ? exchanged : yield* after(interference, exchanged, late)
  })
}

/** A transport that leaves some time between the requests to one host: sandboxes allow only so many. */
export const paced = (transport: Transport, spacing: (host: string) => Duration.Duration): Transport => {
  const free = new Map<string, number>()
  return Effect.fnUntraced(function* (request) {
    const { host } = request.url
    const now = yield* Clock.currentTimeMillis
    const at = Math.max(now, free.get(host) ?? 0)
    free.set(host, at + Duration.toMillis(spacing(host)))
    if (at > now) yield* Effect.sleep(Duration.millis(at - now))
    return yield* transport(request)
  })
}
