import { toServerResponse } from "@effect/platform-node/NodeHttpServerRequest"
import { Context, Effect, Exit, Stream } from "effect"
import { HttpRouter, type HttpServerRequest, HttpServerResponse } from "effect/http"
import { createYoga } from "graphql-yoga"
import type { ApiKeys } from "../db/ApiKeys.ts"
import type { LiveChanges } from "../db/live/LiveChanges.ts"
import { callerOf } from "../http/authorization.ts"
import type { CheckoutAddresses } from "../http/checkout/addresses.ts"
import type { LedgerDidNotAnswer, Unauthorized } from "../http/doorRefusals.ts"
import { codeOf } from "../http/errorBody.ts"
import { exampleCards } from "../http/exampleCards.ts"
import { graphqlRefusal } from "../http/graphqlBody.ts"
import { statusOf } from "../http/refusals.ts"
import { RequestId } from "../http/requestId.ts"
import { type Caller, CurrentKey } from "../kernel/access/Caller.ts"
import { CurrentScope } from "../kernel/access/Scope.ts"
import { CurrentSeesVolumes, seesVolumes } from "../kernel/access/volumes.ts"
import type { RateLimited } from "../kernel/refusals.ts"
import { admitted } from "./access/admitted.ts"
import { careful } from "./careful.ts"
import { type GraphqlContext, type GraphqlServices, makeRun, makeRunSync } from "./context.ts"
import { makeSeenBefore } from "./execution/seenBefore.ts"
import { textOf } from "./execution/ToldConnection.ts"
import { graphiqlPage } from "./graphiqlPage.ts"
import {
  type Admission,
  type LiveBounds,
  liveBounds,
  makeLiveSubscriptions
} from "./live/LiveSubscriptions.ts"
import { makeLoaders } from "./loaders.ts"
import { noCardNumbersAsNames } from "./noCardNumbersAsNames.ts"
import { keepCause, present, presentErrors } from "./presentErrors.ts"
import { type Asked, NotAsked, readParams } from "./readParams.ts"
import { registryOf } from "./registry.ts"
import { schema } from "./schema.ts"
import { noTrustedDocuments, type TrustedDocuments } from "./trusted/TrustedDocuments.ts"

interface GraphqlSettings {
  readonly addresses: CheckoutAddresses
  /** Whether to serve GraphiQL at the same address: for development, on loopback. */
  readonly graphiql: boolean
  /** Whether GraphiQL's queries charge cards of the emulators' vault. */
  readonly sandbox?: boolean
  /** What differs from the bounds that subscriptions have. */
  readonly live?: Partial<LiveBounds>
  readonly trusted?: TrustedDocuments
}

/**
 * The GraphQL door at `/graphql`, to be served behind the guard of `src/http/guard.ts`, which limits bodies and
 * gives each request its id. Every request needs an API key; only the page of GraphiQL itself does not.
 */
export const graphqlRoutes = (settings: GraphqlSettings) =>
  HttpRouter.use(
    Effect.fnUntraced(function* (router) {
      const services = yield* Effect.context<GraphqlServices | ApiKeys | LiveChanges>()
      const { trusted = noTrustedDocuments } = settings
      const page = yield* Effect.cached(
        graphiqlPage(exampleCards({ sandbox: settings.sandbox === true }).goesOn)
      )
      const subscriptionsOf = yield* makeLiveSubscriptions({ ...liveBounds, ...settings.live })
      const seen = makeSeenBefore(schema)
      const yoga = createYoga<GraphqlContext>({
        schema,
        graphqlEndpoint: "/graphql",
        plugins: [admitted, careful, noCardNumbersAsNames, presentErrors, seen.plugin],
        maskedErrors: { maskError: keepCause },
        logging: false,
        graphiql: false,
        landingPage: false,
        multipart: false,
        cors: false
      })

      const answer = Effect.fnUntraced(function* (
        request: HttpServerRequest.HttpServerRequest,
        { principal, key, operations, scope, endsIn }: Caller,
        { request: asked, posted }: Pick<Asked, "request" | "posted">
      ) {
        const requestId = yield* RequestId
        const asking = yield* Effect.context<never>()
        // A copy of everything that there is, which a request that reads nothing needs not.
        const context = once(() =>
          Context.merge(services, asking).pipe(
            Context.add(CurrentScope, scope),
            Context.add(CurrentSeesVolumes, seesVolumes({ operations, scope })),
            Context.add(CurrentKey, key)
          )
        )
        const { registry, forget } = registryOf(
          makeRunSync((effect) => Effect.runSyncExitWith(context())(effect))
        )
        const run = makeRun((effect) => Effect.runPromiseExitWith(context())(effect), forget)
        const report = (cause: unknown) =>
          Effect.runForkWith(context())(Effect.logError("a resolver broke", cause))
        const { addresses } = settings
        const live = subscriptionsOf({
          key,
          requestId,
          endsIn,
          admitted: () => stillAdmitted(context(), request),
          present: (cause) => present(keepCause(cause), { requestId, report }),
          hangUp: () => void toServerResponse(request).destroy()
        })
        const loaders = makeLoaders(run, scope)
        const { open } = live
        const contextOf = (): GraphqlContext => ({
          principal,
          key,
          operations,
          scope,
          request: {},
          requestId,
          addresses,
          run,
          report,
          registry,
          loaders,
          open
        })
        // Without the signal of the connection: what was begun is not left halfway because a caller hung up.
        const before = posted === undefined ? undefined : seen.carryOut(posted, contextOf())
        const executed = before === undefined ? undefined : yield* Effect.promise(async () => before.result)
        if (before !== undefined && executed !== undefined && executed.errors === undefined) {
          live.close()
          return HttpServerResponse.text(textOf(executed), { contentType: before.contentType })
        }
        const response = yield* Effect.promise(async () =>
          yoga.fetch(asked(), executed === undefined ? contextOf() : { ...contextOf(), executed })
        ).pipe(Effect.onInterrupt(() => Effect.sync(live.close)))
        if (posted !== undefined) seen.answered(posted.accept, response)
        // A body that is looked at becomes a stream.
        const body = isEventStream(response) ? response.body : null
        if (body !== null) {
          const events = Stream.fromReadableStream({ evaluate: () => body, onError: (error) => error })
          return HttpServerResponse.stream(Stream.ensuring(events, Effect.sync(live.close)), {
            status: response.status,
            // Nothing else is sent over it, and a stop does not wait for it.
            headers: { ...Object.fromEntries(response.headers), connection: "close" }
          })
        }
        live.close()
        if (response.status !== 406) return yield* whole(response)
        return graphqlRefusal({ status: 406, code: "NOT_ACCEPTABLE", message: notAcceptable, requestId })
      })

      /** The key is asked for first, whatever is wrong with the request; what it is asked for, the request tells. */
      const admit = Effect.fnUntraced(function* (request: HttpServerRequest.HttpServerRequest) {
        const read = yield* Effect.exit(readParams(request, settings.addresses.publicOrigin, trusted))
        const pays = Exit.isSuccess(read) && read.value.pays
        const caller = yield* callerOf(request.headers.authorization, pays ? "a payment" : "a request").pipe(
          Effect.provideContext(services)
        )
        const asked = yield* read
        const bound = trusted.only.has(caller.principal) || trusted.only.has("*")
        if (bound && !asked.trusted) return yield* untrusted
        return [caller, asked] as const
      })

      yield* router.add("*", "/graphql", (request) =>
        settings.graphiql && asksForPage(request)
          ? page
          : admit(request).pipe(
              Effect.flatMap(([caller, asked]) => answer(request, caller, asked)),
              Effect.catchTag(["Unauthorized", "RateLimited", "LedgerUnavailable"], notAdmitted),
              Effect.catchTag("NotAsked", notAsked)
            )
      )
    })
  )

/** Asks for the key again: whether it is still taken, and for how long. What cannot be asked now is asked later. */
const stillAdmitted = async (
  context: Context.Context<ApiKeys>,
  { headers }: HttpServerRequest.HttpServerRequest
): Promise<Admission> => {
  const found = await Effect.runPromiseExitWith(context)(
    callerOf(headers.authorization, "a look whether it is still taken").pipe(
      Effect.map(({ endsIn }): Admission => ({ is: "taken", endsIn })),
      Effect.catchTag("Unauthorized", () => Effect.succeed<Admission>({ is: "over" }))
    )
  )
  return Exit.isFailure(found) ? { is: "unknown" } : found.value
}

/** A value that is made when it is asked for. */
const once = <Value extends object>(make: () => Value): (() => Value) => {
  let made: Value | undefined
  return () => (made ??= make())
}

/** Everything but events is there at once: one text of a known length, sent as it is. */
const whole = (response: Response) =>
  Effect.map(
    Effect.promise(() => response.text()),
    (text) => {
      const { status } = response
      const contentType = response.headers.get("content-type") ?? "application/json"
      // The text says these two itself.
      const headers = Object.fromEntries(
        [...response.headers].filter(([name]) => !/^content-(type|length)$/i.test(name))
      )
      return text === ""
        ? HttpServerResponse.empty({ status, headers })
        : HttpServerResponse.text(text, { status, headers, contentType })
    }
  )

const isEventStream = ({ headers }: Response): boolean =>
  headers.get("content-type")?.startsWith("text/event-stream") === true

const asksForPage = ({ method, headers }: HttpServerRequest.HttpServerRequest): boolean =>
  method === "GET" && (headers.accept ?? "").includes("text/html")

/** Nobody was let in, so nothing of the request was read: the whole answer is this one error. */
const notAdmitted = (refusal: Unauthorized | RateLimited | LedgerDidNotAnswer) =>
  Effect.map(RequestId, (requestId) => {
    const { _tag, message } = refusal
    const more =
      _tag === "RateLimited"
        ? { limit: refusal.limit, retryAfterSeconds: refusal.retryAfterSeconds }
        : undefined
    return graphqlRefusal({ status: statusOf[_tag], code: codeOf(_tag), message, requestId, more })
  })

const untrusted = new NotAsked({
  status: 403,
  code: "UNTRUSTED_DOCUMENT",
  message: "this API key may send trusted documents alone; have this one added to the manifest"
})

const notAsked = ({ status, code, message, headers = {} }: NotAsked) =>
  Effect.map(RequestId, (requestId) => graphqlRefusal({ status, code, message, requestId, headers }))

const notAcceptable =
  "the answer is application/json or application/graphql-response+json, that of a subscription text/event-stream; accept one of them"
