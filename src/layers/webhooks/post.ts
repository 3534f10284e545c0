import { Duration, Effect } from "effect"
import { request as requestPlainly } from "node:http"
import { request as requestOverTls } from "node:https"
import { isIPv6, type LookupFunction } from "node:net"
import type { Sent } from "../../kernel/events/EventSender.ts"
import type { Endpoint } from "./endpoint.ts"

/** What is read of an answer; the rest stays on the line, which is closed. */
const mostRead = 16 * 1024

/**
 * Answers the addresses that were judged, whatever name is asked for: there is no second resolution in which the
 * name could lead elsewhere.
 */
const pinnedTo = (addresses: ReadonlyArray<string>): LookupFunction => {
  const pinned = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }))
  return (_host, options, answer) => {
    const [first] = pinned
    if (options.all === true) answer(null, pinned)
    else answer(null, first?.address ?? "", first?.family)
  }
}

/**
 * One POST on a line of its own, which is closed afterwards. Redirects are answers like others. The certificate is
 * checked for the host name. After the deadline nobody waits any longer; an answer whose body is still coming by
 * then is an answer.
 */
export const post = (
  { url, addresses }: Endpoint,
  headers: Readonly<Record<string, string>>,
  body: string,
  deadline: Duration.Duration
): Effect.Effect<Sent> =>
  Effect.suspend(() => {
    const heard: { status?: number; answer: string } = { answer: "" }
    const sofar = (problem: string): Sent =>
      heard.status === undefined
        ? { _tag: "NotAnswered", problem }
        : { _tag: "Answered", status: heard.status, answer: heard.answer }
    return Effect.callback<Sent>((resume) => {
      const end = (error?: Error) =>
        resume(Effect.succeed(sofar(error === undefined ? "no answer" : wordsOf(error))))
      const asking = (url.protocol === "https:" ? requestOverTls : requestPlainly)(url, {
        method: "POST",
        headers: { ...headers, "content-length": Buffer.byteLength(body) },
        lookup: pinnedTo(addresses),
        // No pool: a line that is kept was judged for another try.
        agent: false
      })
      asking.on("response", (response) => {
        heard.status = response.statusCode ?? 0
        response.setEncoding("utf8")
        response.on("data", (chunk: string) => {
          heard.answer += chunk.slice(0, mostRead - heard.answer.length)
          if (heard.answer.length >= mostRead) end()
        })
        response.on("end", () => end())
        response.on("error", end)
      })
      asking.on("error", end)
      asking.end(body)
      return Effect.sync(() => void asking.destroy())
    }).pipe(
      Effect.timeoutOrElse({
        duration: deadline,
        orElse: () => Effect.succeed(sofar(`no answer within ${Duration.toSeconds(deadline)} seconds`))
      })
    )
  })

/** What an app may read of why it was not reached; nothing of how this machine is set up. */
const wordsOf = (error: Error): string => {
  const code = "code" in error && typeof error.code === "string" ? error.code : "failed"
  return `no answer: ${known[code] ?? (/CERT|TLS|SSL|SIGNATURE|ISSUER/.test(code) ? `the certificate is not accepted (${code})` : code)}`
}

const known: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nobody listens there",
  ECONNRESET: "the line was cut",
  ETIMEDOUT: "nobody answered",
  EHOSTUNREACH: "there is no way to it",
  ENETUNREACH: "there is no way to it"
}
