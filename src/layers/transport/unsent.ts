/**
 * Failures of opening a line that prove that there was none. Every other one, a reset or a silent address included,
 * proves nothing.
 */
const beforeTheLine: ReadonlySet<string> = new Set([
  "ENOTFOUND",
  "EAI_AGAIN",
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  // Ours: the time to open the line was over, and it was given up before anything was written.
  "UND_ERR_CONNECT_TIMEOUT",
  // The certificate is not accepted.
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
  "CERT_REJECTED",
  "CERT_REVOKED",
  "CERT_SIGNATURE_FAILURE",
  "CERT_UNTRUSTED",
  "CERT_CHAIN_TOO_LONG",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "HOSTNAME_MISMATCH",
  "INVALID_CA",
  "INVALID_PURPOSE",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  // The handshake failed.
  "EPROTO"
])

const isProof = (code: string): boolean => beforeTheLine.has(code) || /^ERR_SSL_[A-Z0-9_]+$/.test(code)

/** The code of an error, for evidence; of several it is the first one's. */
export const codeOf = (error: unknown): string => {
  if (typeof error !== "object" || error === null) return "unknown_error"
  if ("code" in error && typeof error.code === "string" && error.code !== "") return error.code
  const [nested] = nestedIn(error)
  return nested === undefined ? "unknown_error" : codeOf(nested)
}

/** Whether an error, with everything that is said to have caused it, can only mean that there was no line. */
export const provesNoLine = (error: unknown, depth = 0): boolean => {
  if (typeof error !== "object" || error === null || depth > 8) return false
  const nested = nestedIn(error)
  const code = "code" in error ? error.code : undefined
  const own = code === undefined ? nested.length > 0 : typeof code === "string" && isProof(code)
  return own && nested.every((cause) => provesNoLine(cause, depth + 1))
}

const nestedIn = (error: object): ReadonlyArray<unknown> => [
  ...("errors" in error && Array.isArray(error.errors) ? error.errors : []),
  ...("cause" in error && error.cause !== undefined ? [error.cause] : [])
]
