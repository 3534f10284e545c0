import { describe, expect, it } from "vitest"
import { Effect } from "effect"
import { chargeOf, day, field, methodOf, receiver, sandboxed, sendJson, stripeClient } from "./support.ts"

const signature = (headers: Readonly<Record<string, unknown>>) => String(headers["stripe-signature"])

describe("a webhook of Stripe", () => {
  it(
    "is signed so that the official client accepts it, and only with its own secret",
    sandboxed(async (sandbox) => {
      const stripe = stripeClient(sandbox)
      const shop = await receiver()
      const endpoint = await stripe.webhookEndpoints.create({
        url: shop.url,
        enabled_events: ["payment_intent.succeeded", "charge.refunded"]
      })
      expect(endpoint.secret).toMatch(/^whsec_/)
      expect((await stripe.webhookEndpoints.retrieve(endpoint.id)).secret).toBeUndefined()
      const paid = await stripe.paymentIntents.create(
        chargeOf(await methodOf(stripe, "4242424242424242"), "a1")
      )
      await stripe.refunds.create({ payment_intent: paid.id })
      await Effect.runPromise(sandbox.stripe.quiet)
      const events = shop.received.map(({ body, headers }) =>
        stripe.webhooks.constructEvent(body, signature(headers), endpoint.secret ?? "")
      )
      expect(events.map(({ type }) => type)).toEqual(["payment_intent.succeeded", "charge.refunded"])
      expect(events[0]?.data.object).toMatchObject({ id: paid.id, metadata: { attempt_id: "a1" } })
      const [first] = shop.received
      expect(() =>
        stripe.webhooks.constructEvent(first?.body ?? "", signature(first?.headers ?? {}), "whsec_another")
      ).toThrow("signature")
      const known = await stripe.events.retrieve(events[0]?.id ?? "")
      expect(known.type).toBe("payment_intent.succeeded")
      shop.close()
    })
  )

  it(
    "is signed with both secrets for a day after the secret was rolled",
    sandboxed(async (sandbox) => {
      const stripe = stripeClient(sandbox)
      const shop = await receiver()
      const endpoint = await stripe.webhookEndpoints.create({
        url: shop.url,
        enabled_events: ["payment_intent.created"]
      })
      const old = endpoint.secret ?? ""
      const rolled = await sendJson(
        `${sandbox.stripe.origin}/_sandbox/webhook_endpoints/${endpoint.id}/roll`,
        "POST",
        {}
      )
      const current = String(field(rolled.text, "secret"))
      const delivered = async () => {
        await stripe.paymentIntents.create({ amount: 900, currency: "usd" })
        await Effect.runPromise(sandbox.stripe.quiet)
        const last = shop.received.at(-1)
        return (secret: string) =>
          // The emulators' clock runs ahead, and the client checks the past only.
          stripe.webhooks.constructEvent(last?.body ?? "", signature(last?.headers ?? {}), secret).type
      }
      const both = await delivered()
      expect([both(old), both(current)]).toEqual(["payment_intent.created", "payment_intent.created"])
      sandbox.clock.advance(day)
      const one = await delivered()
      expect(one(current)).toBe("payment_intent.created")
      expect(() => one(old)).toThrow("signature")
      shop.close()
    })
  )

  it(
    "comes again until it is taken with a 2xx",
    sandboxed(async (sandbox) => {
      const stripe = stripeClient(sandbox)
      const shop = await receiver([500, 302, 201])
      sandbox.stripe.listen("shop", shop.url, { events: ["payment_intent.created"] })
      await stripe.paymentIntents.create({ amount: 900, currency: "usd" })
      for (const _ of [1, 2, 3]) {
        await Effect.runPromise(sandbox.stripe.quiet)
        sandbox.clock.advance(day)
      }
      await Effect.runPromise(sandbox.stripe.quiet)
      expect(sandbox.stripe.deliveries()).toMatchObject([{ state: "delivered", statuses: [500, 302, 201] }])
      expect(new Set(shop.received.map(({ body }) => body)).size).toBe(1)
      shop.close()
    })
  )

  it(
    "can be held back, doubled, reordered, forged and lost",
    sandboxed(async (sandbox) => {
      const stripe = stripeClient(sandbox)
      const shop = await receiver()
      const secret = sandbox.stripe.listen("shop", shop.url, { events: ["payment_intent.created"] })
      const order = async (fault: Parameters<typeof sandbox.stripe.faults.add>[0]["fault"], name: string) => {
        sandbox.stripe.faults.add({ fault, match: { fields: { "metadata[name]": name } } })
        await stripe.paymentIntents.create({ amount: 900, currency: "usd", metadata: { name } })
        await Effect.runPromise(sandbox.stripe.quiet)
      }
      const names = () =>
        shop.received.map(({ body, headers }) => {
          const name = /"name": "(\w+)"/.exec(body)?.[1] ?? ""
          try {
            stripe.webhooks.constructEvent(body, signature(headers), secret)
            return name
          } catch {
            return `forged ${name}`
          }
        })
      await order({ kind: "webhook_unsent" }, "lost")
      await order({ kind: "webhook_delayed", seconds: 60 }, "delayed")
      await order({ kind: "webhook_twice" }, "twice")
      await order({ kind: "webhook_forged" }, "forged")
      await order({ kind: "webhook_reordered" }, "before")
      expect(names()).toEqual(["twice", "twice", "forged forged", "forged"])
      await stripe.paymentIntents.create({ amount: 900, currency: "usd", metadata: { name: "next" } })
      await Effect.runPromise(sandbox.stripe.quiet)
      expect(names().slice(4)).toEqual(["next", "before"])
      sandbox.clock.advance(60_000)
      await Effect.runPromise(sandbox.stripe.quiet)
      expect(names().slice(6)).toEqual(["delayed"])
      shop.close()
    })
  )

  it(
    "goes nowhere any more where somebody listened who has moved to another port",
    sandboxed(async (sandbox) => {
      const [old, now, other] = [await receiver(), await receiver(), await receiver()]
      const at = (url: string, path: string) => new URL(path, url).href
      sandbox.stripe.listen("shop", at(old.url, "/v1/webhooks"))
      sandbox.stripe.listen("shop", at(other.url, "/elsewhere"))
      sandbox.stripe.listen("shop_2", at(old.url, "/v1/webhooks"))
      sandbox.stripe.listen("shop", at(now.url, "/v1/webhooks"), { moved: true })
      const listening = await stripeClient(sandbox).webhookEndpoints.list()
      expect(listening.data.map(({ url }) => url).toSorted()).toEqual(
        [at(other.url, "/elsewhere"), at(now.url, "/v1/webhooks")].toSorted()
      )
      for (const one of [old, now, other]) one.close()
    })
  )
})
