import { createHmac } from "node:crypto"
import { createServer } from "node:http"
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Context, Duration, Effect, Layer, Logger, Redacted } from "effect"
import { HttpServer } from "effect/http"
import { Webhook } from "standardwebhooks"
import * as WebhookInboxPg from "../../src/db/webhooks/WebhookInboxPg.ts"
import { httpServer } from "../../src/http/server.ts"
import { webhookRoutes } from "../../src/http/webhookRoutes.ts"
import { Captured, Indeterminate } from "../../src/kernel/cascade/Disposition.ts"
import { DisputeNews } from "../../src/kernel/disputes/DisputeNews.ts"
import type { SessionId } from "../../src/kernel/ids.ts"
import {
  type LookupResult,
  type PaymentProvider,
  Providers,
  providersOf
} from "../../src/kernel/PaymentProvider.ts"
import { RefundNews } from "../../src/kernel/refunds/RefundNews.ts"
import { WebhookIntake } from "../../src/kernel/webhooks/WebhookIntake.ts"
import { WebhookProcessing } from "../../src/kernel/webhooks/WebhookProcessing.ts"
import { accountSecret, type StubWebhook, stubWebhooks } from "../../src/layers/providers/stub/webhooks.ts"
import { Owner, pgStorage } from "../db/support/pgStorage.ts"
import { incapable } from "../support/kernel/fakeDrivers.ts"
import { fixtureProviders } from "../suites/StorageFixture.ts"
import * as w from "../suites/world.ts"

// The door for webhooks and the work behind it, on a real database, with processors whose truth a test holds.

/** What the drivers' webhooks are signed with, the newest first; and one that is none of theirs. */
export const masters = ["the newer secret", "the older secret"].map((text) => Redacted.make(text))
export const [newer = Redacted.make(""), older = Redacted.make("")] = masters
export const stranger = Redacted.make("somebody else's secret")

/** What the processors say of a charge by its key, and how often each was asked. What is not here breaks. */
export class Truth extends Context.Service<
  Truth,
  {
    readonly of: Map<string, Effect.Effect<LookupResult, Indeterminate>>
    readonly asked: Map<string, number>
  }
>()("payment-orchestration/tests/webhooks/support/Truth") {}

const evidence = { code: "as_it_is", message: "the processor says so" }
export const says = (found: LookupResult) => Effect.succeed(found)
export const capturedAs = (processorReference: string, amount = w.price.amount) =>
  says({
    _tag: "FoundCaptured",
    captured: new Captured({ processorReference, amount, currency: "USD", evidence })
  })
export const pendingStill = says({ _tag: "StillPending", evidence })
export const silence = Effect.fail(new Indeterminate({ evidence: { code: "silent", message: "no answer" } }))

const driver = (name: string, { of, asked }: Truth["Service"]): PaymentProvider => ({
  ...incapable(name),
  webhooks: stubWebhooks(name, masters),
  chargeLookup: {
    absenceHorizon: Duration.hours(1),
    lookupCharge: ({ idempotencyKey }) =>
      Effect.suspend(() => {
        asked.set(idempotencyKey, (asked.get(idempotencyKey) ?? 0) + 1)
        return of.get(idempotencyKey) ?? Effect.die(`nobody told what became of ${idempotencyKey}`)
      })
  }
})

const drivers = Layer.effect(
  Providers,
  Effect.map(Truth, (truth) => {
    const [first, second] = fixtureProviders
    // The second one's processor sends none.
    return providersOf([driver(first, truth), incapable(second)])
  })
)

/** What was heard of refunds and disputes, and what is answered. */
export class News extends Context.Service<
  News,
  { readonly heard: Array<string>; known: boolean; waits: boolean }
>()("payment-orchestration/tests/webhooks/support/News") {}

const news = Layer.unwrap(
  Effect.map(News, (told) =>
    Layer.mergeAll(
      Layer.succeed(RefundNews, {
        heard: (mid, { refundReference }) =>
          Effect.suspend(() => {
            told.heard.push(`${mid} refund ${refundReference}`)
            return told.waits
              ? new Indeterminate({ evidence: { code: "refund_in_review", message: "another one is" } })
              : Effect.succeed(told.known)
          })
      }),
      Layer.succeed(DisputeNews, {
        heard: (mid, { disputeReference, state }) =>
          Effect.sync(() => {
            told.heard.push(`${mid} dispute ${disputeReference} ${state}`)
            return told.known
          })
      })
    )
  )
)

/** Everything that webhooks pass through, on a database of its own. */
export const house = Layer.mergeAll(WebhookIntake.layer, WebhookProcessing.layer).pipe(
  Layer.provideMerge(WebhookInboxPg.layer),
  Layer.provide(news),
  Layer.provide(drivers),
  Layer.provide(NodeCrypto.layer),
  Layer.provideMerge(
    Layer.mergeAll(
      Layer.sync(Truth, () => ({ of: new Map(), asked: new Map() })),
      Layer.sync(News, () => ({ heard: [], known: true, waits: false }))
    )
  ),
  Layer.provideMerge(pgStorage),
  Layer.provideMerge(Logger.layer([]))
)

export interface Answer {
  readonly status: number
  readonly text: string
}

/** The listening door. */
export class Door extends Context.Service<
  Door,
  {
    readonly knock: (
      address: string,
      headers: Readonly<Record<string, string>>,
      body: string | Uint8Array<ArrayBuffer>,
      method?: string
    ) => Effect.Effect<Answer>
  }
>()("payment-orchestration/tests/webhooks/support/Door") {
  static readonly layer = Layer.effect(
    Door,
    Effect.gen(function* () {
      const services = yield* Effect.context<WebhookIntake>()
      const context = yield* httpServer(webhookRoutes).pipe(
        Layer.provide([Layer.succeedContext(services), NodeCrypto.layer]),
        Layer.provideMerge(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })),
        Layer.build
      )
      const origin = HttpServer.formatAddress(Context.get(context, HttpServer.HttpServer).address)
      return {
        knock: (address, headers, body, method = "POST") =>
          Effect.promise(async () => {
            const response = await fetch(`${origin}${address}`, {
              method,
              headers: { "content-type": "application/json", ...headers },
              ...(method === "GET" ? {} : { body })
            })
            return { status: response.status, text: await response.text() }
          })
      }
    })
  ).pipe(Layer.provideMerge(house))
}

interface Signing {
  readonly id?: string
  readonly secret?: Redacted.Redacted
  /** Seconds since 1970. */
  readonly at?: number
  readonly provider?: string
  /** For whose account it is signed, when it is not the one that it is sent to. */
  readonly signedFor?: string
}

/** Seconds since 1970 by this machine's clock: what is signed is judged by the server's. */
export const nowInSeconds = (): number => Math.floor(performance.timeOrigin / 1000 + performance.now() / 1000)

/** Headers that sign a body for an account. */
export const signed = (
  mid: string,
  body: string | Uint8Array,
  signing: Signing = {}
): Record<string, string> => {
  const { id = `msg_${w.fresh()}`, secret = newer, at = nowInSeconds(), signedFor = mid } = signing
  const master = accountSecret(secret, signing.provider ?? fixtureProviders[0], signedFor)
  const key = Buffer.from(Redacted.value(master).slice("whsec_".length), "base64")
  // The standard's own library signs texts; bytes are signed as it would.
  const signature =
    typeof body === "string"
      ? new Webhook(Redacted.value(master)).sign(id, new Date(at * 1000), body)
      : `v1,${createHmac("sha256", key).update(`${id}.${at}.`).update(body).digest("base64")}`
  return { "webhook-id": id, "webhook-timestamp": String(at), "webhook-signature": signature }
}

export const addressOf = (mid: string, provider: string = fixtureProviders[0]) =>
  `/v1/webhooks/${provider}/${mid}`

type Encoded = Omit<typeof StubWebhook.Encoded, "timestamp" | "type">

export const bodyOf = (data: Encoded["data"], type = "charge.updated"): string =>
  JSON.stringify({ type, timestamp: "2026-11-20T10:00:00.000Z", data })

/** A charge by the key that it was sent with. */
export const aboutCharge = (mid: string, key: string, reference?: string): string =>
  bodyOf({ object: "charge", mid, key, ...(reference === undefined ? {} : { reference }) })

/** Sends a signed webhook, which is taken. */
export const send = Effect.fnUntraced(function* (mid: string, body: string, signing: Signing = {}) {
  return yield* (yield* Door).knock(addressOf(mid), signed(mid, body, signing), body)
})

/** Passes until nothing is due. */
export const workOff = Effect.gen(function* () {
  const { pass } = yield* WebhookProcessing
  yield* Effect.repeat(pass, { until: ({ taken }) => taken === 0 })
})

/** Everything that waits is due now. */
export const due = Effect.flatMap(
  Owner,
  (owner) => owner`update webhook_inbox set next_try_at = now() where state = 'pending'`
)

export interface InboxRow {
  readonly eventId: string
  readonly mid: string
  readonly type: string
  readonly state: string
  readonly trouble: string | null
  readonly problem: string | null
  readonly tries: number
  readonly whole: string
}

/** The webhooks of an account, in the order in which they came. */
export const inboxOf = (mid: string) =>
  Effect.flatMap(
    Owner,
    (
      owner
    ) => owner<InboxRow>`select event_id as "eventId", mid_id as mid, type, state, trouble, problem, tries,
      webhook_inbox::text || convert_from(decode(coalesce(raw ->> 'body', ''), 'base64'), 'utf8') as whole
      from webhook_inbox where mid_id = ${mid} order by webhook_nr`
  )

/** What is on record of a session, without the evidence that changed nothing. */
export const recordsOf = (session: SessionId) =>
  Effect.flatMap(
    Owner,
    (owner) => owner<{ readonly records: unknown }>`select jsonb_build_object(
      'session', (select state from payment_sessions where session_id = ${session}),
      'attempts', (select jsonb_agg(ordinal || ' ' || state order by ordinal) from attempts where session_id = ${session}),
      'captures', (select jsonb_agg(a.ordinal || ' ' || c.amount || ' ' || c.currency order by a.ordinal)
        from captures c join attempts a using (attempt_id) where c.session_id = ${session}),
      'postings', (select sum(amount) from postings where session_id = ${session}),
      'fulfilments', (select jsonb_agg(a.ordinal) from fulfilments f join attempts a using (attempt_id) where f.session_id = ${session}),
      'incidents', (select jsonb_agg(a.ordinal || ' ' || i.kind order by i.kind, a.ordinal)
        from incidents i join attempts a using (attempt_id) where i.session_id = ${session}),
      'charged', (select count(*) from outbox where session_id = ${session} and type = 'payment.charged.v1')) as records`
  ).pipe(Effect.map((rows) => rows[0]?.records))
