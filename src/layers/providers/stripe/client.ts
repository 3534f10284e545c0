import { type Duration, Effect, Redacted, Schema } from "effect"
import type { OutgoingRequest, Transport } from "../../transport/Exchange.ts"
import { AccountNotReady, type ProviderAccount } from "../ProviderAccounts.ts"
import { apiVersion } from "./config.ts"
import { readReply, type Reply } from "./wire.ts"

/** A merchant account, as Stripe knows it. */
export interface StripeAccount {
  readonly account: ProviderAccount
  /** The mode of its key. */
  readonly livemode: boolean
  /** The connected account that it speaks for, when it is one. */
  readonly connected: string | undefined
}

/** What Stripe has to be told to speak for an account; nothing is sent with credentials that cannot be right. */
export const stripeAccount = (account: ProviderAccount): Effect.Effect<StripeAccount, AccountNotReady> => {
  const refuse = (problem: string) => Effect.fail(new AccountNotReady({ mid: account.mid, problem }))
  const mode = /^(?:sk|rk)_(live|test)_\w+$/.exec(Redacted.value(account.secret))?.[1]
  if (mode === undefined) return refuse("its secret is no secret key of Stripe's")
  if (account.live && mode === "test") return refuse("it is live, and its secret is of the test mode")
  // Its gates would be passed by.
  if (!account.live && mode === "live") return refuse("it is not live, and its secret moves real money")
  const connected = account.settings["stripe_account"]
  if (connected !== undefined && !/^acct_\w+$/.test(connected)) {
    return refuse("its setting stripe_account is no account of Stripe's")
  }
  return Effect.succeed({ account, livemode: mode === "live", connected })
}

/** The fields of a form or a query, in their order. */
export type Form = ReadonlyArray<readonly [name: string, value: string]>

/** How an account's requests are headed. The key makes asking twice asking once. */
export const headersFor = (
  { account, connected }: StripeAccount,
  idempotencyKey?: string
): OutgoingRequest["headers"] => ({
  authorization: Redacted.make(`Bearer ${Redacted.value(account.secret)}`),
  "stripe-version": apiVersion,
  ...(connected === undefined ? {} : { "stripe-account": connected }),
  ...(idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey })
})

export const formHeaders = { "content-type": "application/x-www-form-urlencoded" } as const

/** Fields as they are written in a body or a query; the same fields always make the same text. */
export const formText = (form: Form): string =>
  new URLSearchParams(form.map(([name, value]) => [name, value])).toString()

/** Requests to Stripe itself, each sent once. */
export interface StripeClient {
  readonly origin: string
  readonly get: <A>(
    account: StripeAccount,
    path: string,
    query: Form,
    schema: Schema.ConstraintDecoder<A>,
    deadline: Duration.Duration
  ) => Effect.Effect<Reply<A>>
  readonly post: <A>(
    account: StripeAccount,
    path: string,
    form: Form,
    schema: Schema.ConstraintDecoder<A>,
    options: { readonly deadline: Duration.Duration; readonly idempotencyKey?: string }
  ) => Effect.Effect<Reply<A>>
}

export const makeClient = (origin: string, transport: Transport): StripeClient => ({
  origin,
  get: (account, path, query, schema, deadline) => {
    const url = new URL(path, origin)
    url.search = formText(query)
    const decode = Schema.decodeUnknownOption(schema)
    return Effect.map(
      transport({ method: "GET", url, headers: headersFor(account), deadline }),
      (exchanged) => readReply(exchanged, decode)
    )
  },
  post: (account, path, form, schema, { deadline, idempotencyKey }) => {
    const decode = Schema.decodeUnknownOption(schema)
    return Effect.map(
      transport({
        method: "POST",
        url: new URL(path, origin),
        headers: { ...headersFor(account, idempotencyKey), ...formHeaders },
        body: formText(form),
        deadline
      }),
      (exchanged) => readReply(exchanged, decode)
    )
  }
})

/** Whether there is no such object. */
export const isMissing = (reply: Reply<unknown>): boolean =>
  reply._tag === "Error" && reply.status === 404 && reply.error.code === "resource_missing"
