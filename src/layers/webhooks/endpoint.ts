import { Effect } from "effect"
import { AddressNotAllowed } from "../../kernel/events/eventRefusals.ts"
import { isAddress, isLoopback, isPublic } from "./addresses.ts"
import type { Resolver } from "./Resolver.ts"

/** Where one connection goes: what was judged, and nothing that anybody says later. */
export interface Endpoint {
  readonly url: URL
  /** Every one of them was judged. */
  readonly addresses: ReadonlyArray<string>
}

export interface EndpointRules {
  /** Development: the server is for this machine only, so what it tells may go to this machine, also without TLS. */
  readonly loopbackToo: boolean
}

const longest = 2048

/** Names that lead nowhere but into somebody's own network, whatever a name server says. */
const insideNames = /(^|\.)(localhost|local|internal|intranet|lan|home|corp|home\.arpa|onion|invalid)$/

/** HTTPS, and the unprivileged ports that people put it on; none that another service listens on by old custom. */
const isAllowedPort = (port: number): boolean => port === 443 || port >= 1024

const refuse = (problem: string) => Effect.fail(new AddressNotAllowed({ problem }))

/** The host as a resolver or a socket takes it: without the brackets of IPv6, without the dot of the root. */
const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "")

/**
 * Judges an address and everything that its name leads to. The URL is read by the parser that later connects, so a
 * number in decimal, octal or hex, or a full-width digit, is judged as the address that it is.
 */
export const judgeEndpoint = Effect.fn("judgeEndpoint")(function* (
  text: string,
  resolver: Resolver["Service"],
  { loopbackToo }: EndpointRules
) {
  if (text.length > longest) return yield* refuse(`is longer than ${longest} characters`)
  // A parser forgives these, and the next one may read them otherwise.
  if (!/^[\x21-\x5b\x5d-\x7e]+$/.test(text)) {
    return yield* refuse("holds a space, a backslash or a character outside ASCII; write it out plainly")
  }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text) && !/^https?:/i.test(text)) {
    return yield* refuse("is of a scheme that no event is sent by; write it like https://shop.example/events")
  }
  if (!/^https?:\/\/[^/]/i.test(text) || !URL.canParse(text)) {
    return yield* refuse("is not an absolute address; write it like https://shop.example/events")
  }
  const url = new URL(text)
  if (url.username !== "" || url.password !== "" || /^[^/]*\/\/[^/?#]*@/.test(text)) {
    return yield* refuse("has a user or a password in it; leave them out, every event is signed")
  }
  if (url.hash !== "" || text.includes("#")) {
    return yield* refuse("has a fragment, which is never sent; leave it out")
  }
  const host = hostOf(url)
  const toItself = loopbackToo && (host === "localhost" || isLoopback(host))
  if (url.protocol !== "https:" && !toItself)
    return yield* refuse("is not HTTPS; events are sent over TLS only, so begin it with https://")
  if (toItself) return { url, addresses: host === "localhost" ? ["127.0.0.1", "::1"] : [host] }
  if (!isAllowedPort(url.port === "" ? 443 : Number(url.port))) {
    return yield* refuse(`has the port ${url.port}; take 443, or one from 1024 up`)
  }
  if (isAddress(host)) {
    return isPublic(host) ? { url, addresses: [host] } : yield* refuse(notPublic)
  }
  if (insideNames.test(host) || !host.includes(".")) {
    return yield* refuse("has a name that only an inner network knows; give one of the public internet")
  }
  const addresses = yield* resolver
    .resolve(host)
    .pipe(Effect.catch(() => refuse("has a name that cannot be resolved; correct it, or try again later")))
  // One that is not public is enough: a connection may be made to any of them.
  if (addresses.length === 0 || !addresses.every(isPublic)) return yield* refuse(notPublic)
  return { url, addresses } satisfies Endpoint
})

const notPublic = "leads to an address that is not of the public internet; events are sent nowhere else"
