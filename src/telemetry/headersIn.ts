import { Redacted } from "effect"

/** The headers of a setting; undefined when it is not written as headers are. */
export const headersIn = (
  given: Redacted.Redacted | undefined
): Readonly<Record<string, string>> | undefined => {
  const headers: Record<string, string> = {}
  for (const one of given === undefined ? [] : Redacted.value(given).split(",")) {
    const [, name, value] = /^\s*([A-Za-z0-9-]+)\s*=\s*([\x20-\x7e]+?)\s*$/.exec(one) ?? []
    if (name === undefined || value === undefined) return undefined
    headers[name.toLowerCase()] = value
  }
  return headers
}
