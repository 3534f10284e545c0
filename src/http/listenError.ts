import type { HttpServerError } from "effect/http"

/** Why the server could not listen, in words that say what to do about it. */
export const listenErrorText = (
  error: HttpServerError.ServeError,
  address: { readonly host: string; readonly port: number }
): string => {
  const { host, port } = address
  const another = `PORT=${port < 1024 || port === 65535 ? 4001 : port + 1} npm start`
  switch (codeOf(error.cause)) {
    case "EADDRINUSE":
      return `Port ${port} of ${host} is taken by another program. Stop it, or choose another port: ${another}`
    case "EACCES":
      return `Port ${port} of ${host} may not be used by this user. Choose another port: ${another}`
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return `${host} is not an address of this machine. Listen on loopback: HOST=127.0.0.1 npm start`
    default:
      return `The server cannot listen on port ${port} of ${host}: ${messageOf(error.cause)}. Another port: ${another}`
  }
}

const codeOf = (cause: unknown): unknown =>
  typeof cause === "object" && cause !== null && "code" in cause ? cause.code : undefined

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))
