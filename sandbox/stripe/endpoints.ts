import { createHmac } from "node:crypto"
import type { Clock } from "../plumbing/Clock.ts"
import { randomText } from "../plumbing/ids.ts"
import type { Receiver, WebhookStyle } from "../plumbing/Webhooks.ts"
import type { Endpoint } from "./records.ts"

const signed = (secret: string, time: number, body: string): string =>
  createHmac("sha256", secret).update(`${time}.${body}`).digest("hex")

/** `Stripe-Signature`: one v1 for each secret that is in force. */
export const signatureOf = (secrets: ReadonlyArray<string>, time: number, body: string): string =>
  [`t=${time}`, ...secrets.map((secret) => `v1=${signed(secret, time, body)}`), `v0=${"0".repeat(64)}`].join(
    ","
  )

export const receiverOf = (endpoint: Endpoint, clock: Clock): Receiver => ({
  url: endpoint.url,
  sign: (body, forged) => {
    const now = clock.now()
    const old = endpoint.oldSecret
    const secrets = forged
      ? [`whsec_${randomText(32)}`]
      : [endpoint.secret, ...(old !== null && old.until > now ? [old.secret] : [])]
    return { "stripe-signature": signatureOf(secrets, Math.floor(now / 1000), body) }
  }
})

const hour = 3600

export const webhookStyle = (receiver: (endpoint: string) => Receiver | undefined): WebhookStyle => ({
  receiver,
  accepted: (status) => status >= 200 && status < 300,
  retries: [60, 300, hour, 3 * hour, 6 * hour, 12 * hour, 24 * hour, 24 * hour],
  forge: (body) => body.replace(/"evt_\w+"/, `"evt_${randomText(24)}"`)
})
