import { HttpServerResponse } from "effect/http"

interface GraphqlRefusal {
  readonly status: number
  /** For programs: `UNSUPPORTED_MEDIA_TYPE`. */
  readonly code: string
  readonly message: string
  readonly requestId: string
  readonly headers?: Readonly<Record<string, string>>
  /** What a program needs beyond the code. */
  readonly more?: Readonly<Record<string, unknown>> | undefined
}

/** A request to the GraphQL door of which nothing was executed: the whole answer is this one error. */
export const graphqlRefusal = ({
  status,
  code,
  message,
  requestId,
  headers = {},
  more = {}
}: GraphqlRefusal) =>
  HttpServerResponse.jsonUnsafe(
    { errors: [{ message, extensions: { code, ...more, requestId } }] },
    { status, headers }
  )
