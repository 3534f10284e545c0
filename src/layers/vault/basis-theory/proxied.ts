import { Option, Schema } from "effect"
import { type Answered, type Exchanged, headerOf } from "../../transport/Exchange.ts"
import { strictJson } from "../../transport/strictJson.ts"

/** What came of a request that was to go through the vault's ephemeral proxy. */
export type Proxied =
  /** The destination answered: status, headers and body are its own. They still may be cut short. */
  | { readonly _tag: "Destination"; readonly answer: Answered }
  /** The destination was never asked. */
  | { readonly _tag: "NotForwarded"; readonly code: string; readonly message: string }
  /** The destination may have been asked, and nobody heard what it said. */
  | { readonly _tag: "Unknown"; readonly code: string; readonly message: string }

/** What is to be seen of an exchange with the proxy, as far as it tells who answered. */
interface Seen {
  readonly exchanged: Exchanged
  /** The HTTP status; 0 without an answer. */
  readonly status: number
  /** BT-PROXY-DESTINATION-STATUS, beside the HTTP status. */
  readonly destination: "absent" | "repeated" | "unreadable" | "same" | "other"
  /** The proxy's own refusal, when the body is one, whole and of this status. */
  readonly refusal: typeof ProxyError.Type | undefined
}

interface Row {
  readonly code: string
  readonly answer: string
  readonly applies: (seen: Seen) => boolean
  readonly means: Proxied["_tag"]
  readonly why: string
}

/**
 * Every way in which the proxy may answer, first match first. It is the ephemeral one: of a pre-configured proxy a
 * `proxy_error` proves nothing, because a transform of the response may fail after the destination did its work.
 */
export const proxyRows: ReadonlyArray<Row> = [
  {
    code: "not_sent",
    answer: "the line to the proxy was never there",
    applies: ({ exchanged }) => exchanged._tag === "NotSent",
    means: "NotForwarded",
    why: "not a byte left this process"
  },
  {
    code: "proxy_unanswered",
    answer: "no answer: cut, reset, or our deadline",
    applies: ({ exchanged }) => exchanged._tag === "Unanswered",
    means: "Unknown",
    why: "the proxy may have forwarded it before"
  },
  {
    code: "destination_status_repeated",
    answer: "the destination's status comes several times",
    applies: ({ destination }) => destination === "repeated",
    means: "Unknown",
    why: "nobody says which of them is meant, even if they are the same"
  },
  {
    code: "destination_status_unreadable",
    answer: "the destination's status is no status",
    applies: ({ destination }) => destination === "unreadable",
    means: "Unknown",
    why: "the proxy says that somebody answered, and not what"
  },
  {
    code: "destination_status_differs",
    answer: "the destination's status is not that of the answer",
    applies: ({ destination }) => destination === "other",
    means: "Unknown",
    why: "the answer is changed on its way, or not the destination's"
  },
  {
    code: "destination",
    answer: "the destination's status is that of the answer, 408 and 5xx included",
    applies: ({ destination }) => destination === "same",
    means: "Destination",
    why: "the proxy hands on what the destination answered"
  },
  {
    code: "proxy_timeout",
    answer: "408, without the destination's status",
    applies: ({ status }) => status === 408,
    means: "Unknown",
    why: "the proxy forwarded and waited 25 seconds; the destination may still be at work"
  },
  {
    code: "proxy_refused",
    answer: "another 4xx with a proxy_error, without the destination's status",
    applies: ({ status, refusal }) => status >= 400 && status < 500 && refusal !== undefined,
    means: "NotForwarded",
    why: "the proxy refuses before it forwards: a key, a permission, a token, an expression, a limit"
  },
  {
    code: "proxy_4xx_unexplained",
    answer: "another 4xx without a proxy_error, without the destination's status",
    applies: ({ status }) => status >= 400 && status < 500,
    means: "Unknown",
    why: "the proxy explains its own refusals; whose this is nobody knows"
  },
  {
    code: "proxy_failed",
    answer: "5xx, without the destination's status",
    applies: ({ status }) => status >= 500,
    means: "Unknown",
    why: "it may have failed before or after it forwarded, whatever its proxy_error says"
  },
  {
    code: "proxy_unattributed",
    answer: "2xx or 3xx, without the destination's status",
    applies: ({ status }) => status < 400,
    means: "Unknown",
    why: "the proxy always says when a destination answered"
  }
]

const ProxyError = Schema.Struct({
  status: Schema.optionalKey(Schema.NullOr(Schema.Int)),
  title: Schema.optionalKey(Schema.NullOr(Schema.String)),
  detail: Schema.optionalKey(Schema.NullOr(Schema.String))
})
const decodeRefusal = Schema.decodeUnknownOption(Schema.Struct({ proxy_error: ProxyError }))

const destinationOf = (answer: Answered): Seen["destination"] => {
  const header = headerOf(answer, "bt-proxy-destination-status")
  if (header._tag === "Absent") return "absent"
  if (header._tag === "Repeated") return "repeated"
  if (!/^[2-5][0-9]{2}$/.test(header.value)) return "unreadable"
  return Number(header.value) === answer.status ? "same" : "other"
}

const refusalOf = (answer: Answered): Seen["refusal"] => {
  if (!answer.whole) return undefined
  const refusal = Option.getOrUndefined(Option.flatMap(strictJson(answer.body), decodeRefusal))?.proxy_error
  if (refusal === undefined) return undefined
  // A refusal that gives itself another status contradicts itself.
  return refusal.status === undefined || refusal.status === null || refusal.status === answer.status
    ? refusal
    : undefined
}

const seenIn = (exchanged: Exchanged): Seen =>
  exchanged._tag === "Answered"
    ? {
        exchanged,
        status: exchanged.status,
        destination: destinationOf(exchanged),
        refusal: refusalOf(exchanged)
      }
    : { exchanged, status: 0, destination: "absent", refusal: undefined }

/** Who answered, and whether the destination was asked. Pure; everything that is unclear is unknown. */
export const readProxied = (exchanged: Exchanged): Proxied => {
  const seen = seenIn(exchanged)
  const row = proxyRows.find(({ applies }) => applies(seen))
  if (row?.means === "Destination" && exchanged._tag === "Answered") {
    return { _tag: "Destination", answer: exchanged }
  }
  const said = seen.refusal?.detail ?? seen.refusal?.title ?? ""
  const code = row?.code ?? "proxy_unknown"
  const what =
    exchanged._tag === "Answered"
      ? `${row?.answer} (${exchanged.status})`
      : `${row?.answer} (${exchanged.code})`
  const message = said === "" ? what : `${what}: ${said}`
  return row?.means === "NotForwarded"
    ? { _tag: "NotForwarded", code, message }
    : { _tag: "Unknown", code, message }
}
