import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Context, Effect, Layer, Logger, Predicate, References } from "effect"
import { HttpServer } from "effect/http"
import { createServer } from "node:http"
import * as CheckoutTurnsPg from "../../../src/db/checkout/CheckoutTurnsPg.ts"
import * as EmbedExchangesPg from "../../../src/db/checkout/EmbedExchangesPg.ts"
import { checkoutRoutes } from "../../../src/http/checkout/checkoutRoutes.ts"
import { httpServer } from "../../../src/http/server.ts"
import { Checkout } from "../../../src/kernel/checkout/Checkout.ts"
import { Principal, type SessionId } from "../../../src/kernel/ids.ts"
import type { PaymentSession } from "../../../src/kernel/PaymentSession.ts"
import { PaymentLedger } from "../../../src/kernel/PaymentLedger.ts"
import { PaymentSessions } from "../../../src/kernel/PaymentSessions.ts"
import type { SessionConfig } from "../../../src/kernel/SessionConfig.ts"
import { house } from "../../graphql/support.ts"
import { addresses } from "../../support/checkoutAddresses.ts"

export interface Told {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly json: unknown
}

/** The checkout's pages and doors, listening, over the real kernel, the real database and the simulated gateways. */
export class CheckoutDoor extends Context.Service<
  CheckoutDoor,
  {
    readonly origin: string
    readonly get: (path: string, headers?: Readonly<Record<string, string>>) => Effect.Effect<Told>
    /** POSTs JSON as the checkout's page does. */
    readonly post: (
      path: string,
      body: unknown,
      headers?: Readonly<Record<string, string>>
    ) => Effect.Effect<Told>
    /** Everything that was logged so far. */
    readonly log: ReadonlyArray<string>
  }
>()("payment-orchestration/tests/http/checkout/support/CheckoutDoor") {}

const door = Layer.effect(
  CheckoutDoor,
  Effect.gen(function* () {
    const log: Array<string> = []
    const capture = Logger.make(({ message, cause, fiber }) => {
      const more = JSON.stringify(fiber.getRef(References.CurrentLogAnnotations))
      log.push(`${String(message)} ${String(cause)} ${more}`)
    })
    const services = yield* Effect.context<Layer.Success<typeof servicesOfHouse>>()
    const settings = {
      addresses,
      host: "127.0.0.1",
      publicOrigin: addresses.publicOrigin,
      loopbackOnly: true
    }
    const context = yield* httpServer(checkoutRoutes(settings)).pipe(
      Layer.provide([Layer.succeedContext(services), NodeCrypto.layer, Logger.layer([capture])]),
      Layer.provideMerge(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })),
      Layer.build
    )
    const origin = HttpServer.formatAddress(Context.get(context, HttpServer.HttpServer).address)
    const call = (path: string, init: RequestInit) =>
      Effect.promise(async (): Promise<Told> => {
        const response = await fetch(`${origin}${path}`, { redirect: "manual", ...init })
        const text = await response.text()
        const isJson = response.headers.get("content-type")?.includes("json") === true
        const json: unknown = isJson ? JSON.parse(text) : undefined
        return { status: response.status, headers: response.headers, text, json }
      })
    return {
      log,
      origin,
      get: (path, headers = {}) => call(path, { headers }),
      post: (path, body, headers = {}) =>
        call(path, {
          method: "POST",
          headers: { "content-type": "application/json", "sec-fetch-site": "same-origin", ...headers },
          body: JSON.stringify(body)
        })
    }
  })
)

const servicesOfHouse = Layer.mergeAll(Checkout.layer, EmbedExchangesPg.layer).pipe(
  Layer.provideMerge(CheckoutTurnsPg.layer()),
  Layer.provideMerge(house)
)

export const checkoutHouse = door.pipe(Layer.provideMerge(servicesOfHouse))

const config: SessionConfig = {
  customer: "loop_user_nobody_else",
  brand: "loop-bio",
  entity: "loop_bio_labs",
  mode: "hosted",
  intent: { type: "line_items", lineItems: [{ providerPriceRef: "price_bpc157", quantity: 2 }] },
  metadata: { note: "metadata_of_the_app" },
  orderReference: undefined
}

/** A new session. */
export const declare = (change: Partial<SessionConfig> = {}) =>
  Effect.flatMap(PaymentSessions, (sessions) =>
    sessions.create({ by: Principal.make("a shop"), body: { ...config, ...change } })
  )

export const pathOf = (session: Pick<PaymentSession, "id">): string => addresses.pathOf(session.id)

/** Pays as the page does, with a card of the simulated vault. */
export const payWith = (session: PaymentSession, turn: number, tokenRef: string) =>
  Effect.flatMap(CheckoutDoor, ({ post }) =>
    post(`${pathOf(session)}/payments`, { turn, vaultId: "stub", tokenRef })
  )

/** What became of every attempt of a session. */
export const attemptsOf = (session: SessionId) =>
  Effect.flatMap(PaymentLedger, (ledger) =>
    Effect.map(ledger.attempts(session), (attempts) => attempts.map(({ state }) => state))
  )

export const codeOf = ({ json }: Told): unknown =>
  Predicate.hasProperty(json, "error") && Predicate.hasProperty(json.error, "code") ? json.error.code : json
