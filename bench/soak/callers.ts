// Those who use the service at the same time: apps that sell, processors that tell, dashboards that look and listen.
import { Redacted, Schema } from "effect"
import { randomBytes } from "node:crypto"
import { Webhook } from "standardwebhooks"
import { developmentKey } from "../../src/db/seedData.ts"
import { accountSecret } from "../../src/layers/providers/stub/webhooks.ts"
import { ourQuery } from "../reads/page.ts"

export const kinds = ["create", "confirm", "refund", "webhook", "dashboard", "subscribe"] as const
export type Kind = (typeof kinds)[number]

/** What the simulated gateways sign with in this run. */
export const webhookSecret = "a secret of the soak alone"

const json = { "content-type": "application/json" }
const authorized = { ...json, authorization: `Bearer ${developmentKey.key}` }

const Session = Schema.fromJsonString(Schema.Struct({ id: Schema.String }))
const decodeSession = Schema.decodeUnknownSync(Session)

interface Settings {
  readonly origin: string
  /** Of each request, how long it took in milliseconds and whether it was answered as it should be. */
  readonly noted: (kind: Kind, millis: number, right: boolean) => void
}

export const callers = ({ origin, noted }: Settings) => {
  const call = async (
    kind: Kind,
    path: string,
    body: string,
    headers: Readonly<Record<string, string>>,
    right: ReadonlyArray<number>
  ) => {
    const began = performance.now()
    const response = await fetch(`${origin}${path}`, { method: "POST", headers, body })
    const text = await response.text()
    const answered = right.includes(response.status) && !text.startsWith('{"errors"')
    noted(kind, performance.now() - began, answered)
    return { text, answered }
  }
  const fresh = (headers: Readonly<Record<string, string>>) => ({
    ...headers,
    "idempotency-key": randomBytes(12).toString("hex")
  })

  /** Sold: declared, paid with a card of its own, and sometimes given back. */
  const sale = async (): Promise<void> => {
    const body = JSON.stringify({
      customer: `loop_user_${randomBytes(4).toString("hex")}`,
      brand: "loop-bio",
      entity: "loop_bio_labs",
      mode: "hosted",
      intent: { type: "line_items", lineItems: [{ providerPriceRef: "price_bpc157", quantity: 1 }] }
    })
    const created = await call("create", "/v1/payment-sessions", body, fresh(authorized), [200, 201])
    if (!created.answered) return
    const { id } = decodeSession(created.text)
    const card = `tok_stub_visa_b424242_l4242_x1240_${randomBytes(12).toString("hex")}`
    // One in twenty is declined by all accounts.
    const tokenRef = Math.random() < 0.05 ? "tok_declined_at_stub_a" : card
    const confirmation = JSON.stringify({ vaultToken: { vaultId: "stub", tokenRef } })
    await call("confirm", `/v1/payment-sessions/${id}/confirm`, confirmation, fresh(authorized), [200, 422])
    if (tokenRef !== card) return
    if (Math.random() < 0.3) await tell(id)
    if (Math.random() < 0.2) {
      await call(
        "refund",
        `/v1/payment-sessions/${id}/refunds`,
        '{"reason":"it came back"}',
        fresh(authorized),
        [200, 201]
      )
    }
  }

  /** A webhook about the session's charge: what it is about is asked for, whatever it says. */
  const tell = async (session: string): Promise<void> => {
    const mid = "mid_bio_1"
    const now = new Date()
    const id = `msg_${randomBytes(12).toString("hex")}`
    const body = JSON.stringify({
      type: "charge.updated",
      timestamp: now.toISOString(),
      data: { object: "charge", mid, key: `${session}-1` }
    })
    const secret = Redacted.value(accountSecret(Redacted.make(webhookSecret), "stub_a", mid))
    const headers = {
      ...json,
      "webhook-id": id,
      "webhook-timestamp": String(Math.floor(now.getTime() / 1000)),
      "webhook-signature": new Webhook(secret).sign(id, now, body)
    }
    await call("webhook", `/v1/webhooks/stub_a/${mid}`, body, headers, [200])
  }

  const look = async (): Promise<void> => {
    await call("dashboard", "/graphql", JSON.stringify({ query: ourQuery, variables: {} }), authorized, [200])
  }

  /** Listens for a while, and hangs up. */
  const listen = async (seconds: number): Promise<void> => {
    const hangUp = new AbortController()
    const began = performance.now()
    const response = await fetch(`${origin}/graphql`, {
      method: "POST",
      headers: { ...authorized, accept: "text/event-stream" },
      body: JSON.stringify({ query: "subscription { attemptRecorded { attemptId state } }" }),
      signal: hangUp.signal
    })
    const told = response.ok && response.headers.get("content-type")?.startsWith("text/event-stream") === true
    noted("subscribe", performance.now() - began, told)
    const end = setTimeout(() => hangUp.abort(), seconds * 1000)
    // What is told is thrown away as it comes.
    await response.body?.pipeTo(new WritableStream()).catch(() => undefined)
    clearTimeout(end)
  }

  return { sale, look, listen }
}
