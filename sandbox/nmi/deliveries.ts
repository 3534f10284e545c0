import { createHmac } from "node:crypto"
import { randomText } from "../plumbing/ids.ts"
import type { WebhookStyle } from "../plumbing/Webhooks.ts"

/** `Webhook-Signature`: a nonce, and the HMAC of nonce and body. */
export const signatureOf = (key: string, nonce: string, body: string): string =>
  `t=${nonce},s=${createHmac("sha256", key).update(`${nonce}.${body}`).digest("hex")}`

const hour = 3600

export const webhookStyle = (
  webhook: (account: string) => { readonly url: string; readonly key: string } | undefined
): WebhookStyle => ({
  receiver: (account) => {
    const found = webhook(account)
    return (
      found && {
        url: found.url,
        sign: (body, forged) => ({
          "webhook-signature": signatureOf(forged ? randomText(32) : found.key, randomText(20), body)
        })
      }
    )
  },
  // Anything but 200 is tried again, other successes too.
  accepted: (status) => status === 200,
  retries: [
    15,
    ...Array.from({ length: 3 }, () => 60),
    300,
    900,
    1800,
    ...Array.from({ length: 10 }, () => hour),
    12 * hour,
    12 * hour,
    24 * hour
  ],
  forge: (body) => body.replace(/"event_id": "[^"]*"/, `"event_id": "${randomText(24)}"`)
})
