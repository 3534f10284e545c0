import { Effect } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { HttpApi } from "effect/http-api"
import { Api } from "./api/Api.ts"
import { MethodNotAllowed } from "./doorRefusals.ts"
import { refusalResponse } from "./refusalResponse.ts"
import { RequestId } from "./requestId.ts"

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const

/** The methods that each address of the API takes. */
const allowedByPath = (): ReadonlyMap<`/${string}`, ReadonlyArray<string>> => {
  const allowed = new Map<`/${string}`, Array<string>>()
  HttpApi.reflect(Api, {
    onGroup: () => undefined,
    onEndpoint: ({ endpoint }) => {
      const path: `/${string}` = `/${endpoint.path.slice(1)}`
      allowed.set(path, [...(allowed.get(path) ?? []), endpoint.method])
    }
  })
  return allowed
}

/** An address that exists answers 405 to the methods that it does not take, and says which it does. */
export const methodsNotAllowed = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    for (const [path, allowed] of allowedByPath()) {
      for (const method of methods.filter((one) => !allowed.includes(one))) {
        yield* router.add(method, path, refuse(allowed))
      }
    }
  })
)

const refuse = (allowed: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const { method } = yield* HttpServerRequest.HttpServerRequest
    const refusal = new MethodNotAllowed({ method, allowed })
    const response = refusalResponse(refusal, { method, allowed }, yield* RequestId)
    return HttpServerResponse.setHeader(response, "allow", allowed.join(", "))
  })
