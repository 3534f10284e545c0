import { HttpServerResponse } from "effect/http"
import { errorBody } from "./errorBody.ts"
import { type RefusalTag, statusOf } from "./refusals.ts"

/** A refusal that no declared endpoint answers: an unknown route, a broken handler. The same body as theirs. */
export const refusalResponse = (
  refusal: { readonly _tag: RefusalTag; readonly message: string; readonly field?: string | undefined },
  details: Readonly<Record<string, unknown>>,
  requestId: string
): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.jsonUnsafe(errorBody(refusal, details, requestId), { status: statusOf[refusal._tag] })
