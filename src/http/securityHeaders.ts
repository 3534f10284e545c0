import { HttpServerResponse } from "effect/http"

const everywhere = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer"
}

/** An answer of data is not a page: it is not kept, not framed, and nothing in it may run. */
const forData = {
  ...everywhere,
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "x-frame-options": "DENY"
}

/** Adds the headers that every answer has, and leaves those that a route set itself as they are. */
export const withSecurityHeaders = (
  response: HttpServerResponse.HttpServerResponse
): HttpServerResponse.HttpServerResponse => {
  const isPage = /^text\/html\b/i.test(contentTypeOf(response))
  return HttpServerResponse.setHeaders(response, { ...(isPage ? everywhere : forData), ...response.headers })
}

const contentTypeOf = ({ body, headers }: HttpServerResponse.HttpServerResponse): string =>
  headers["content-type"] ?? ("contentType" in body ? body.contentType : undefined) ?? ""
