import { type Call, callOf, Failure } from "./errors.ts"
import type { PaymentEvent } from "./events.ts"
import { isRecord } from "./verdict.ts"

/** A webhook as it arrived, and what it is verified with. */
export interface Webhook {
  /** The body as it came over the line, byte for byte. What was parsed and written anew does not verify. */
  readonly body: string | Uint8Array
  /** Of a `Request`, or as Node has them; their names in any case. */
  readonly headers: Headers | Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
  /** The secret of your subscription: `whsec_...`. While you exchange it, the old one and the new one. */
  readonly secret: string | ReadonlyArray<string>
  /** How far from now it may have been signed, either way, in seconds: 300 by default. */
  readonly toleranceSeconds?: number
  /** The time to judge by, in milliseconds since 1970; the clock's when it is left out. */
  readonly now?: number
}

/**
 * Verifies a webhook and answers the event in it. Rejects with `webhook_not_signed` or `webhook_too_old` (answer 401),
 * or `webhook_unreadable`. It follows Standard Webhooks and takes Web Crypto alone, so it runs at the edge as well.
 */
export const verifyWebhook = (
  webhook: Webhook
): Call<PaymentEvent, "webhook_not_signed" | "webhook_too_old" | "webhook_unreadable"> =>
  callOf(read(webhook))

const read = async (webhook: Webhook): Promise<PaymentEvent> => {
  const { body, headers, secret, toleranceSeconds = 300, now = Date.now() } = webhook
  const id = headerOf(headers, "webhook-id")
  const timestamp = headerOf(headers, "webhook-timestamp")
  const signatures = headerOf(headers, "webhook-signature")
  if (!/^\d{1,12}$/.test(timestamp)) throw notSigned("the header webhook-timestamp is not a time")
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body
  if (!ArrayBuffer.isView(bytes)) {
    throw new TypeError("the body is verified as it came, a text or bytes, and not what was parsed of it")
  }
  const signed = joined(new TextEncoder().encode(`${id}.${timestamp}.`), bytes)
  const claims = signatures.split(" ").slice(0, mostSignatures).flatMap(signatureIn)
  const secrets = typeof secret === "string" ? [secret] : secret
  const keys = await Promise.all(secrets.map(importKey))
  if (!(await anySigned(keys, claims, signed))) {
    throw notSigned("no signature was made with this secret over these bytes")
  }
  // Asked last: who has no secret is not told what the time is here.
  if (Math.abs(now / 1000 - Number(timestamp)) > toleranceSeconds) {
    const details = { timestamp: Number(timestamp), toleranceSeconds }
    const message = `the webhook was signed more than ${toleranceSeconds} seconds away from now`
    throw new Failure("webhook_too_old", message, details)
  }
  const event = eventIn(bytes)
  if (event === undefined || event.id !== id) {
    throw new Failure("webhook_unreadable", "the webhook is signed, and its body is no event", {
      problem: event === undefined ? "it is no event" : "its id is not that of its header"
    })
  }
  return event
}

/** Secrets overlap two at a time; more signatures than this are somebody's who tries. */
const mostSignatures = 8

const notSigned = (problem: string): Failure<"webhook_not_signed"> =>
  new Failure("webhook_not_signed", `the webhook is not signed: ${problem}`, { problem })

const isHeaders = (headers: Webhook["headers"]): headers is Headers =>
  "get" in headers && typeof headers.get === "function"

const headerOf = (headers: Webhook["headers"], name: string): string => {
  const value = isHeaders(headers)
    ? headers.get(name)
    : Object.entries(headers).find(([written]) => written.toLowerCase() === name)?.[1]
  if (typeof value === "string" && value !== "") return value
  throw notSigned(`there is no header ${name}`)
}

/** The signatures of the scheme that is known; others may stand beside them. */
const signatureIn = (text: string): ReadonlyArray<Uint8Array<ArrayBuffer>> => {
  const bytes = text.startsWith("v1,") ? fromBase64(text.slice("v1,".length)) : undefined
  return bytes === undefined ? [] : [bytes]
}

const importKey = (secret: string): Promise<CryptoKey> => {
  const bytes = fromBase64(secret.replace(/^whsec_/, ""))
  if (bytes === undefined || bytes.length === 0) {
    throw new TypeError("the secret of a subscription looks like `whsec_...`")
  }
  return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["verify"])
}

/** Web Crypto compares in constant time. */
const anySigned = async (
  keys: ReadonlyArray<CryptoKey>,
  signatures: ReadonlyArray<Uint8Array<ArrayBuffer>>,
  signed: Uint8Array<ArrayBuffer>
): Promise<boolean> => {
  const verified = await Promise.all(
    keys.flatMap((key) => signatures.map((signature) => crypto.subtle.verify("HMAC", key, signature, signed)))
  )
  return verified.includes(true)
}

const fromBase64 = (text: string): Uint8Array<ArrayBuffer> | undefined => {
  try {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))
  } catch {
    return undefined
  }
}

const joined = (first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> => {
  const whole = new Uint8Array(first.length + second.length)
  whole.set(first)
  whole.set(second, first.length)
  return whole
}

const isEvent = (json: unknown): json is PaymentEvent =>
  isRecord(json) &&
  typeof json["id"] === "string" &&
  typeof json["type"] === "string" &&
  typeof json["timestamp"] === "string" &&
  isRecord(json["data"]) &&
  typeof json["data"]["session"] === "string"

const eventIn = (bytes: Uint8Array): PaymentEvent | undefined => {
  try {
    const json: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes))
    return isEvent(json) ? json : undefined
  } catch {
    return undefined
  }
}
