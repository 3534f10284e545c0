// Stripe's own API, asked with Stripe's own client: what moved there, told without a line of the driver.
import { Effect, Redacted } from "effect"
import { Stripe } from "stripe"
import type { Moved } from "../suites/provider.ts"
import type { Setting } from "./setting.ts"

const clientOf = ({ origin, secret }: Setting): Stripe => {
  const { hostname, port, protocol } = new URL(origin)
  return new Stripe(Redacted.value(secret), {
    host: hostname,
    port: port === "" ? 443 : port,
    protocol: protocol === "https:" ? "https" : "http",
    telemetry: false,
    timeout: 30_000
  })
}

/** The account that the key is of; it throws when the key is none. */
export const stripeAccount = async (setting: Setting): Promise<string> =>
  (await clientOf(setting).accounts.retrieveCurrent()).id

const clockMargin = 300

/** What moved for a key since the run began. */
export const stripeWitness = (setting: Setting): ((key: string) => Effect.Effect<Moved>) => {
  const stripe = clientOf(setting)
  const created = { gte: Math.floor(Date.now() / 1000) - clockMargin }
  const all = { created, limit: 100 }
  return (key) =>
    Effect.promise(async () => {
      const captures: Array<number> = []
      for await (const intent of stripe.paymentIntents.list(all)) {
        if (intent.metadata["attempt_id"] !== key) continue
        for await (const charge of stripe.charges.list({ payment_intent: intent.id, limit: 100 })) {
          if (charge.status === "succeeded" && charge.captured) captures.push(charge.amount_captured)
        }
      }
      const refunds: Array<number> = []
      for await (const refund of stripe.refunds.list(all)) {
        const gone = refund.status === "failed" || refund.status === "canceled"
        if (refund.metadata?.["refund_id"] === key && !gone) refunds.push(refund.amount)
      }
      return { captures, refunds, voids: [] }
    })
}
