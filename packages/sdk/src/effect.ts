import { Context, Effect, Layer, Redacted } from "effect"
import type { CallOptions } from "./call.ts"
import { createPayments, type Payments as Client, type PaymentsOptions } from "./client.ts"
import type { Call, ErrorCode, PaymentsError } from "./errors.ts"
import type { PaymentEvent } from "./events.ts"
import { graphql, type TypedDocument } from "./graphql.ts"
import type { Operation } from "./operation.ts"
import { type Settlement, type WaitOptions, waitForSettlement } from "./settlement.ts"
import { verifyWebhook as verify, type Webhook } from "./webhooks.ts"

/** How to reach the service. */
export interface PaymentsSettings extends Omit<PaymentsOptions, "apiKey"> {
  readonly apiKey?: Redacted.Redacted
}

/** What every call takes besides what it is about. To end a call, interrupt it. */
export type Options = Omit<CallOptions, "signal">

/** A call of the client, as an effect that fails with what this very call may end with. */
type Flavoured<Method> = Method extends (
  ...args: [...infer About, options?: CallOptions]
) => Call<infer Value, infer Code>
  ? (...args: [...About, options?: Options]) => Effect.Effect<Value, PaymentsError<Code>>
  : never

type EndsOf<Made> = Made extends Call<unknown, infer Code> ? PaymentsError<Code> : never

/** The calls of the client, and what else is asked of the service. */
export type PaymentsService = { readonly [Name in keyof Client]: Flavoured<Client[Name]> } & {
  /** Waits until a payment came to something; see `waitForSettlement`. */
  readonly waitForSettlement: (
    session: string,
    options?: Omit<WaitOptions, "signal">
  ) => Effect.Effect<Settlement, EndsOf<ReturnType<typeof waitForSettlement>>>

  /** Runs one operation; see `graphql`. */
  readonly graphql: <Data, Variables>(
    document: Operation<Data, Variables> | TypedDocument<Data, Variables>,
    variables: Variables,
    options?: Options
  ) => Effect.Effect<Data, PaymentsError<"graphql_refused" | "outcome_unknown" | "unavailable" | "aborted">>
}

/**
 * The service, as an app in Effect sees it: the same calls, repetitions and keys as the plain client's. Errors are
 * told apart by `_tag`, which is their `code`. Interrupting a call ends it here; what was sent already goes on at the
 * server, and its key is kept for whoever makes the same call again.
 */
export class Payments extends Context.Service<Payments, PaymentsService>()(
  "@payment-orchestration/sdk/effect/Payments"
) {
  static readonly layer = ({ apiKey, ...settings }: PaymentsSettings): Layer.Layer<Payments> =>
    Layer.sync(Payments, () =>
      serviceOf(
        createPayments(apiKey === undefined ? settings : { ...settings, apiKey: Redacted.value(apiKey) })
      )
    )
}

/** Verifies a webhook and answers the event in it. */
export const verifyWebhook = (
  webhook: Webhook
): Effect.Effect<
  PaymentEvent,
  PaymentsError<"webhook_not_signed" | "webhook_too_old" | "webhook_unreadable">
> => effectOf("verifyWebhook", () => verify(webhook))

const effectOf = <Value, Code extends ErrorCode>(
  name: string,
  call: (signal: AbortSignal) => Call<Value, Code>
): Effect.Effect<Value, PaymentsError<Code>> =>
  Effect.promise((signal) => call(signal).result()).pipe(
    Effect.flatMap((result) => (result.ok ? Effect.succeed(result.value) : Effect.fail(result.error))),
    Effect.withSpan(`payments.${name}`)
  )

const serviceOf = (client: Client): PaymentsService => ({
  create: (config, options) => effectOf("create", (signal) => client.create(config, { ...options, signal })),
  read: (session, options) => effectOf("read", (signal) => client.read(session, { ...options, signal })),
  confirm: (session, confirmation, options) =>
    effectOf("confirm", (signal) => client.confirm(session, confirmation, { ...options, signal })),
  cancel: (session, options) =>
    effectOf("cancel", (signal) => client.cancel(session, { ...options, signal })),
  claimFulfilment: (session, options) =>
    effectOf("claimFulfilment", (signal) => client.claimFulfilment(session, { ...options, signal })),
  refund: (session, asked, options) =>
    effectOf("refund", (signal) => client.refund(session, asked, { ...options, signal })),
  readRefunds: (session, options) =>
    effectOf("readRefunds", (signal) => client.readRefunds(session, { ...options, signal })),
  waitForSettlement: (session, options) =>
    effectOf("waitForSettlement", (signal) => waitForSettlement(client, session, { ...options, signal })),
  graphql: (document, variables, options) =>
    effectOf("graphql", (signal) => graphql(client, document, variables, { ...options, signal }))
})
