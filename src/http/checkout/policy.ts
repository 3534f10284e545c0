/** What a page may load, and from where; whatever is not named is forbidden. */
interface Allowed {
  readonly scripts?: ReadonlyArray<string>
  /** Hashes of styles that stand in the page itself. */
  readonly styles?: ReadonlyArray<string>
  readonly frames?: ReadonlyArray<string>
  readonly connect?: ReadonlyArray<string>
  /** Which pages may stand around this one; none unless told. */
  readonly ancestors?: ReadonlyArray<string>
  /** The page asks nobody anything. */
  readonly silent?: true
  /** A script of somebody else's makes scripts itself, so that the browser cannot be told to forbid it. */
  readonly untyped?: boolean
}

const list = (sources: ReadonlyArray<string>): string => (sources.length === 0 ? "'none'" : sources.join(" "))

/** Text becomes a script nowhere, and nobody may make a rule by which it does. */
export const typed = ["require-trusted-types-for 'script'", "trusted-types 'none'"]

/** Where browsers tell of what they did not let a page do. */
export const reportPath = "/checkout/reports"

/** The headers of a page of the checkout: its policy, and that nobody keeps it. */
export const pageHeaders = (allowed: Allowed, publicOrigin: string): Readonly<Record<string, string>> => {
  const { scripts = [], styles = [], frames = [], connect = [], ancestors = [] } = allowed
  return {
    "content-security-policy": [
      "default-src 'none'",
      `script-src ${list(["'self'", ...scripts])}`,
      `style-src ${list(["'self'", ...styles])}`,
      "img-src data:",
      `frame-src ${list(frames)}`,
      `connect-src ${list(allowed.silent === true ? [] : ["'self'", ...connect])}`,
      "base-uri 'none'",
      "form-action 'none'",
      `frame-ancestors ${list(ancestors)}`,
      ...(allowed.untyped === true ? [] : typed),
      `report-uri ${publicOrigin}${reportPath}`,
      "report-to checkout"
    ].join("; "),
    "reporting-endpoints": `checkout="${publicOrigin}${reportPath}"`,
    ...(ancestors.length === 0 ? { "x-frame-options": "DENY" } : {}),
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), display-capture=()",
    "strict-transport-security": "max-age=31536000"
  }
}
