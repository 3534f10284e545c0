import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Context, DateTime, Effect, Layer, Logger, Option, References } from "effect"
import { HttpServer } from "effect/http"
import { ApiKeys } from "../../src/db/ApiKeys.ts"
import { type Caller, KeyId } from "../../src/kernel/access/Caller.ts"
import { Operation } from "../../src/kernel/access/Operation.ts"
import { restRoutes } from "../../src/http/restRoutes.ts"
import { listener } from "../../src/http/listener.ts"
import { httpServer } from "../../src/http/server.ts"
import { EventSubscriptions } from "../../src/kernel/events/EventSubscriptions.ts"
import { FulfilmentGate } from "../../src/kernel/FulfilmentGate.ts"
import { BrandId, CustomerId, EntityId, Principal, SessionId } from "../../src/kernel/ids.ts"
import { Money } from "../../src/kernel/Money.ts"
import { PaymentLedger } from "../../src/kernel/PaymentLedger.ts"
import { PaymentOrchestrator } from "../../src/kernel/PaymentOrchestrator.ts"
import { PaymentSession } from "../../src/kernel/PaymentSession.ts"
import { Refunds } from "../../src/kernel/refunds/Refunds.ts"
import { Reviews } from "../../src/kernel/reviews/Reviews.ts"
import { WebhookInbox } from "../../src/kernel/webhooks/WebhookInbox.ts"
import { PaymentSessions } from "../../src/kernel/PaymentSessions.ts"
import { addresses } from "../support/checkoutAddresses.ts"

/** What the services behind the door say in a test; asking for anything else is a defect. */
export interface Script {
  readonly sessions?: Partial<PaymentSessions["Service"]>
  readonly orchestrator?: Partial<PaymentOrchestrator["Service"]>
  readonly refunds?: Partial<Refunds["Service"]>
  readonly gate?: Partial<FulfilmentGate["Service"]>
  readonly events?: Partial<EventSubscriptions["Service"]>
  readonly reviews?: Partial<Reviews["Service"]>
  readonly inbox?: Partial<WebhookInbox["Service"]>
  readonly ledger?: Partial<PaymentLedger["Service"]>
  readonly keys?: Partial<ApiKeys["Service"]>
}

export const key = "pk_test_the_one_that_is_known"
export const principal = Principal.make("key_of_the_shop")

export interface LogLine {
  readonly message: string
  readonly annotations: Readonly<Record<string, unknown>>
  /** Everything that the line says, as one text. */
  readonly whole: string
}

/** An answer of the door. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly json: unknown
}

export interface Door {
  readonly origin: string
  readonly log: ReadonlyArray<LogLine>
  /** Asks with the known key, unless `headers` say otherwise. A body that is not a text is sent as JSON. */
  readonly ask: (
    method: string,
    path: string,
    request?: { readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> }
  ) => Effect.Effect<Answer>
}

/** May do everything. */
export const caller: Caller = {
  principal,
  key: KeyId.make("0".repeat(16)),
  operations: new Set(Operation.literals),
  scope: {}
}

const knownKeys: ApiKeys["Service"] = {
  authenticate: (given) => Effect.succeed(given === key ? Option.some(caller) : Option.none())
}

/** The kernel's services as a script has them. */
const scripted = (script: Script) =>
  Layer.mergeAll(
    Layer.mock(PaymentSessions, script.sessions ?? {}),
    Layer.mock(PaymentOrchestrator, script.orchestrator ?? {}),
    Layer.mock(FulfilmentGate, script.gate ?? {}),
    Layer.mock(Refunds, script.refunds ?? {}),
    Layer.mock(EventSubscriptions, script.events ?? {}),
    Layer.mock(Reviews, script.reviews ?? {}),
    Layer.mock(WebhookInbox, script.inbox ?? {}),
    Layer.mock(PaymentLedger, script.ledger ?? {}),
    Layer.succeed(ApiKeys, { ...knownKeys, ...script.keys })
  )

/** A listening server in the scope of the test, over scripted services. */
export const openDoor = (script: Script = {}, server = listener()) => openDoorOver(scripted(script), server)

/** A listening server in the scope of the test, over any services. */
export const openDoorOver = Effect.fnUntraced(function* <E>(
  services: Layer.Layer<
    | PaymentSessions
    | PaymentOrchestrator
    | FulfilmentGate
    | Refunds
    | EventSubscriptions
    | Reviews
    | WebhookInbox
    | PaymentLedger
    | ApiKeys,
    E
  >,
  server = listener()
) {
  const log: Array<LogLine> = []
  const capture = Logger.make(({ message, cause, fiber }) => {
    const annotations = fiber.getRef(References.CurrentLogAnnotations)
    const text = Array.isArray(message) ? message.map(String).join(" ") : String(message)
    log.push({
      message: text,
      annotations,
      whole: [text, String(cause), JSON.stringify(annotations)].join(" ")
    })
  })
  const context = yield* httpServer(restRoutes(addresses)).pipe(
    Layer.provide([services, NodeCrypto.layer, Logger.layer([capture])]),
    Layer.provideMerge(NodeHttpServer.layerServer(server, { port: 0, host: "127.0.0.1" })),
    Layer.provide(HttpServer.layerServices),
    Layer.build
  )
  const origin = HttpServer.formatAddress(Context.get(context, HttpServer.HttpServer).address)
  const ask: Door["ask"] = (method, path, { body, headers } = {}) =>
    Effect.promise(async () => {
      const response = await fetch(`${origin}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${key}`,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...headers
        },
        ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) })
      })
      const text = await response.text()
      const isJson = response.headers.get("content-type")?.startsWith("application/json") === true
      const json: unknown = isJson ? JSON.parse(text) : undefined
      return { status: response.status, headers: response.headers, text, json }
    })
  const door: Door = { origin, log, ask }
  return door
})

export const sessionId = SessionId.make("ps_01JD0000000000000000000000")

export const sessionOf = (fields: Partial<Pick<PaymentSession, "state" | "mode">> = {}): PaymentSession =>
  new PaymentSession({
    id: sessionId,
    customer: CustomerId.make("loop_user_1"),
    brand: BrandId.make("loop-nutrition"),
    entity: EntityId.make("loop_nutrition"),
    category: "supplements",
    money: new Money({ amount: 4200, currency: "USD" }),
    intent: { type: "amount" },
    mode: "hosted",
    theme: {},
    metadata: {},
    state: "pending",
    createdAt: DateTime.makeUnsafe("2026-11-20T10:00:00Z"),
    expiresAt: DateTime.makeUnsafe("2026-11-20T11:00:00Z"),
    updatedAt: DateTime.makeUnsafe("2026-11-20T10:00:00Z"),
    ...fields
  })

/** A session config of the right shape; what it says is the scripted kernel's to judge. */
export const config = {
  customer: "loop_user_1",
  brand: "loop-nutrition",
  entity: "loop_nutrition",
  intent: { type: "amount", amountCents: 4200, currency: "USD" },
  mode: "hosted",
  product: "supplements"
}

export const confirmation = { vaultToken: { vaultId: "stub", tokenRef: "tok_1" } }
