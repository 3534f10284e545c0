import { Effect } from "effect"
import { HttpServerRequest } from "effect/http"
import { OtherOrigin, UnsupportedMediaType } from "../doorRefusals.ts"
import { packing, saysJson } from "../jsonType.ts"

/** Browsers say which page asks. One of another origin has no business here, whatever it knows. */
export const fromOurPage = Effect.gen(function* () {
  const { headers } = yield* HttpServerRequest.HttpServerRequest
  if ((headers["sec-fetch-site"] ?? "same-origin") !== "same-origin") return yield* new OtherOrigin()
  // Anything else could be sent by a form of any page.
  if (!saysJson(headers) || packing(headers) !== undefined)
    return yield* new UnsupportedMediaType({ contentType: "not JSON" })
})
