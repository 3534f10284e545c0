import ipaddr from "ipaddr.js"

// Which addresses may be connected to. An allow-list: what is not known to be public is not.

/** Public by their ranges, and all the same a look into the machine that asks: the metadata of a cloud. */
const metadata: ReadonlySet<string> = new Set(["168.63.129.16"])

/** Everything that the registries give out for the public to be reached at. */
const globalUnicast = ipaddr.parseCIDR("2000::/3")

/**
 * Whether an IP address, in its plain spelling, is one of the public internet: no private, loopback, link-local,
 * shared or reserved one, and none that carries an IPv4 address inside itself.
 */
export const isPublic = (address: string): boolean => {
  if (!ipaddr.IPv4.isValidFourPartDecimal(address) && !ipaddr.IPv6.isValid(address)) return false
  const parsed = ipaddr.parse(address)
  if (parsed.range() !== "unicast" || metadata.has(parsed.toString())) return false
  return parsed.kind() === "ipv4" || parsed.match(globalUnicast)
}

/** Whether an address leads to this machine itself. */
export const isLoopback = (address: string): boolean =>
  (ipaddr.IPv4.isValidFourPartDecimal(address) || ipaddr.IPv6.isValid(address)) &&
  ipaddr.parse(address).range() === "loopback"

/** Whether a host of a URL is an address rather than a name. */
export const isAddress = (host: string): boolean =>
  ipaddr.IPv4.isValidFourPartDecimal(host) || ipaddr.IPv6.isValid(host)
