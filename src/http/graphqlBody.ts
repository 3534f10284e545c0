import { HttpServerResponse } from "effect/http"

interface GraphqlRefusal {
  readonly status: number
  /** For programs: `UNSUPPORTED_MEDIA_TYPE`. */
  readonly code: string
  readonly message: string
  readonly requestId: string
  readonly headers?: Readonly<Record<string, string>>
}

/** A request to the GraphQL door of which nothing was executed: the whole answer is this one error. */
export const graphqlRefusal = ({ status, code, message, requestId, headers = {} }: GraphqlRefusal) =>
  HttpServerResponse.jsonUnsafe(
    { errors: [{ message, extensions: { code, requestId } }] },
    { status, headers }
  )
