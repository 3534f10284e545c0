import { Schema } from "effect"

const loopback = /^(localhost|127(\.[0-9]{1,3}){3}|\[::1\])$/

/**
 * Where a service of somebody else's is: `https://api.example`, without a path or a slash at its end. Without TLS
 * secrets go to this machine only.
 */
export const ServiceOrigin = Schema.String.check(
  Schema.makeFilter(
    (text) => {
      if (!URL.canParse(text)) return false
      const { origin, protocol, hostname } = new URL(text)
      return origin === text && (protocol === "https:" || (protocol === "http:" && loopback.test(hostname)))
    },
    { expected: "an origin such as https://api.example; http:// only on this machine" }
  )
).annotate({ description: "an origin such as `https://api.example`; `http://` only on this machine" })
