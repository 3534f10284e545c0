import { Effect } from "effect"
import { HttpServerRequest } from "effect/http"
import { OtherOrigin, UnsupportedMediaType } from "../doorRefusals.ts"

/** Browsers say which page asks. One of another origin has no business here, whatever it knows. */
export const fromOurPage = Effect.gen(function* () {
  const { headers } = yield* HttpServerRequest.HttpServerRequest
  if ((headers["sec-fetch-site"] ?? "same-origin") !== "same-origin") return yield* new OtherOrigin()
  const contentType = headers["content-type"] ?? ""
  // Anything else could be sent by a form of any page.
  if (!/^application\/json *(;|$)/i.test(contentType))
    return yield* new UnsupportedMediaType({ contentType: "not JSON" })
})
