import { Effect } from "effect"
import { createHmac } from "node:crypto"
import { describe, expect, it } from "vitest"
import { answer, field, hour, receiver, sale, sandboxed, sendJson } from "./support.ts"

const trusted = (key: string, body: string, header: unknown): boolean => {
  const [, nonce = "", signature = ""] = /^t=(.*),s=(.*)$/.exec(String(header)) ?? []
  return createHmac("sha256", key).update(`${nonce}.${body}`).digest("hex") === signature
}

describe("a webhook of NMI", () => {
  it(
    "tells of each action with strings only, under a nonce of its own",
    sandboxed(async (sandbox) => {
      const shop = await receiver()
      const key = sandbox.nmi.listen("shop", shop.url)
      const id = answer(await sale(sandbox, { orderid: "o1" }))["transactionid"] ?? ""
      await sale(sandbox, { orderid: "o2", amount: "0.50" })
      await sendJson(`${sandbox.nmi.origin}/_sandbox/settle`, "POST", { account: "shop" })
      await sendJson(`${sandbox.nmi.origin}/_sandbox/chargebacks`, "POST", { transaction_id: id })
      await Effect.runPromise(sandbox.nmi.quiet)
      expect(shop.received.map(({ body }) => field(body, "event_type"))).toEqual([
        "transaction.sale.success",
        "transaction.sale.failure",
        "settlement.batch.complete",
        "chargeback.batch.complete"
      ])
      for (const { body, headers } of shop.received) {
        expect(trusted(key, body, headers["webhook-signature"])).toBe(true)
        expect(trusted("another", body, headers["webhook-signature"])).toBe(false)
      }
      expect(new Set(shop.received.map(({ headers }) => headers["webhook-signature"])).size).toBe(4)
      expect(field(shop.received[0]?.body ?? "", "event_body")).toMatchObject({
        transaction_id: id,
        order_id: "o1",
        condition: "pendingsettlement",
        features: { is_test_mode: false },
        card: { cc_number: "411111******1111" },
        action: { amount: "25.00", action_type: "sale", success: "1", response_code: "100" }
      })
      // As the real one: card, amount and day, and no transaction.
      expect(field(shop.received[3]?.body ?? "", "event_body")).toMatchObject({
        chargebacks: [{ cc_number: "411111******1111", amount: "25.00" }]
      })
      shop.close()
    })
  )

  it(
    "comes again until it is taken with exactly 200",
    sandboxed(async (sandbox) => {
      const shop = await receiver([500, 201, 200])
      sandbox.nmi.listen("shop", shop.url)
      await sale(sandbox)
      for (const _ of [1, 2, 3]) {
        await Effect.runPromise(sandbox.nmi.quiet)
        sandbox.clock.advance(hour)
      }
      await Effect.runPromise(sandbox.nmi.quiet)
      expect(sandbox.nmi.deliveries()).toMatchObject([{ state: "delivered", statuses: [500, 201, 200] }])
      expect(new Set(shop.received.map(({ body }) => field(body, "event_id"))).size).toBe(1)
      shop.close()
    })
  )

  it(
    "that was forged is signed with another key",
    sandboxed(async (sandbox) => {
      const shop = await receiver()
      const key = sandbox.nmi.listen("shop", shop.url)
      sandbox.nmi.faults.add({
        fault: { kind: "webhook_forged" },
        match: { event: "transaction.sale.success" }
      })
      await sale(sandbox)
      await Effect.runPromise(sandbox.nmi.quiet)
      expect(
        shop.received.map(({ body, headers }) => trusted(key, body, headers["webhook-signature"]))
      ).toEqual([false, true])
      expect(new Set(shop.received.map(({ body }) => field(body, "event_id"))).size).toBe(2)
      shop.close()
    })
  )
})
