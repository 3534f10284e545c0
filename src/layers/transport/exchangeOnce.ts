import { Duration, Effect, Redacted } from "effect"
import { type IncomingMessage, request as requestOn } from "node:http"
import { connect as connectPlainly, isIP, type Socket } from "node:net"
import { connect as connectOverTls } from "node:tls"
import type { Answered, Exchanged, OutgoingRequest, Transport } from "./Exchange.ts"
import { traceparent } from "./trace.ts"
import { codeOf, provesNoLine } from "./unsent.ts"

/** What is read of a body. Nobody here understands a longer one. */
const mostRead = 1024 * 1024

/**
 * Every request has a line of its own, opened for it and closed after it. There is no pool, so no line that the far
 * end closed meanwhile, and no library that would send the request again on another one. The line stands, its
 * certificate checked, before the first byte of the request is written: what fails until then was not sent, and
 * nothing else.
 */
export const exchangeOnce =
  (options: LineOptions = {}): Transport =>
  (request) =>
    Effect.gen(function* () {
      const trace = yield* traceparent
      const traced =
        trace === undefined ? request : { ...request, headers: { ...request.headers, traceparent: trace } }
      const exchanged = yield* Effect.callback<Exchanged>((resume) => {
        const hangUp = exchange(traced, options, (heard) => resume(Effect.succeed(heard)))
        return Effect.sync(hangUp)
      })
      yield* Effect.annotateCurrentSpan({
        exchanged: exchanged._tag,
        ...(exchanged._tag === "Answered" ? { "http.response.status_code": exchanged.status } : {})
      })
      return exchanged
    }).pipe(
      // Paths hold tokens and the ids of customers' cards.
      Effect.withSpan(request.method, {
        kind: "client",
        attributes: { "http.request.method": request.method, "server.address": request.url.hostname }
      })
    )

interface LineOptions {
  /** Certificates to trust instead of the well-known ones. */
  readonly ca?: string
  /** How long opening a line may take. */
  readonly connectPatience?: Duration.Duration
}

/**
 * Tells once what came of the request; answers how to hang up before that. Its time is the real one, as the line's is,
 * and runs also where its caller cannot be interrupted.
 */
const exchange = (
  request: OutgoingRequest,
  { ca, connectPatience = Duration.seconds(5) }: LineOptions,
  tell: (exchanged: Exchanged) => void
): (() => void) => {
  const socket = open(request.url, ca)
  const heard: Heard = { chunks: [], length: 0, ended: false }
  let standing = false
  let over = false

  const hangUp = () => {
    over = true
    clearTimeout(opening)
    clearTimeout(waiting)
    socket.destroy()
  }
  const end = (exchanged: Exchanged) => {
    if (over) return
    hangUp()
    tell(exchanged)
  }
  /** Two locks on "not sent": the line never stood, and the failure is one of those that say so. */
  const fail = (error: unknown) =>
    end(
      !standing && provesNoLine(error)
        ? { _tag: "NotSent", code: codeOf(error) }
        : sofar(heard, codeOf(error))
    )
  const notInTime = () =>
    standing ? end(sofar(heard, "timeout")) : fail({ code: "UND_ERR_CONNECT_TIMEOUT" })

  const opening = setTimeout(() => {
    if (!standing) notInTime()
  }, Duration.toMillis(connectPatience))
  const waiting = setTimeout(notInTime, Duration.toMillis(request.deadline))

  socket.on("error", fail)
  socket.once(request.url.protocol === "https:" ? "secureConnect" : "connect", () => {
    // Given up just before: nothing is written, as was said then.
    if (over) return
    standing = true
    ask(request, socket, heard, end, fail)
  })
  return hangUp
}

/** What came of an answer so far. */
interface Heard {
  response?: IncomingMessage
  chunks: Array<Buffer>
  length: number
  ended: boolean
}

const open = ({ hostname, port, protocol }: URL, ca: string | undefined): Socket => {
  const host = hostname.replace(/^\[(.*)\]$/, "$1")
  if (protocol !== "https:") return connectPlainly({ host, port: port === "" ? 80 : Number(port) })
  return connectOverTls({
    host,
    port: port === "" ? 443 : Number(port),
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(ca === undefined ? {} : { ca })
  })
}

const ask = (
  { url, method, headers, body }: OutgoingRequest,
  socket: Socket,
  heard: Heard,
  end: (exchanged: Exchanged) => void,
  fail: (error: unknown) => void
): void => {
  try {
    const asking = requestOn(url, {
      // The scheme has done its work: the line is ours already, and no agent has a hand in it.
      protocol: "http:",
      createConnection: () => socket,
      method,
      headers: {
        "accept-encoding": "identity",
        ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, uncovered(value)])),
        host: url.host,
        connection: "close",
        ...(body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) })
      }
    })
    asking.on("error", fail)
    asking.on("upgrade", () => fail({ code: "upgraded" }))
    asking.on("response", (response) => {
      heard.response = response
      response.on("data", (chunk: Buffer) => {
        heard.length += chunk.length
        if (heard.length > mostRead) return end(sofar(heard, "too_long"))
        heard.chunks.push(chunk)
      })
      response.on("end", () => {
        heard.ended = response.complete && isFramed(response)
        end(sofar(heard, "cut"))
      })
      response.on("error", fail)
    })
    asking.end(body)
  } catch (error) {
    fail(error)
  }
}

/** What was heard, or why nothing was. */
const sofar = ({ response, chunks, ended }: Heard, code: string): Exchanged =>
  response === undefined
    ? { _tag: "Unanswered", code }
    : {
        _tag: "Answered",
        status: response.statusCode ?? 0,
        headers: headersOf(response),
        body: Buffer.concat(chunks),
        whole: ended
      }

const uncovered = (value: string | Redacted.Redacted): string =>
  typeof value === "string" ? value : Redacted.value(value)

const headersOf = ({ rawHeaders }: IncomingMessage): Answered["headers"] =>
  rawHeaders.flatMap((name, index) =>
    index % 2 === 0 ? [[name.toLowerCase(), rawHeaders[index + 1] ?? ""] satisfies [string, string]] : []
  )

/** Whether a body says where it ends. One that ends with the line may have been cut anywhere. */
const isFramed = ({ headers, statusCode }: IncomingMessage): boolean =>
  headers["content-length"] !== undefined ||
  /(^|[\s,])chunked\s*$/i.test(headers["transfer-encoding"] ?? "") ||
  statusCode === 204 ||
  statusCode === 304
