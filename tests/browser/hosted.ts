import { describe, expect, it } from "vitest"
import { checkoutIn } from "./support/embedding.ts"
import {
  cards,
  fieldsIn,
  openPage,
  patience,
  picture,
  press,
  type Scene,
  shows,
  type,
  wordsOf
} from "./support/Scene.ts"

/** The hosted page: every state, and what people do to pages in the middle of a charge. */
export const hosted = (scene: () => Scene) =>
  describe("the hosted page", () => {
    const open = async (config = {}) => {
      const { browser, payments } = scene()
      const session = await payments.declare(config)
      const opened = await openPage(browser)
      await opened.page.goto(session.url ?? "")
      return { ...opened, id: session.id, url: session.url ?? "", payments }
    }

    it("takes a card, says that it is paid, and sends the customer to the shop", async () => {
      const { page, id, url, context, wrong, payments } = await open()
      await type(page, cards.captured)
      const said = await wordsOf(page)
      for (const words of ["Loop Health", "$157.00", "BPC-157, 5 mg vial × 2", "Loop Bio Labs LLC"])
        expect(said).toContain(words)
      await press(page)
      await shows(page, "paid")
      expect(await wordsOf(page)).toContain("Loop Health has your payment of $157.00")
      await page.waitForURL(`${scene().shop.origin}/thanks`)
      expect(await payments.attempts(id)).toEqual(["captured"])
      expect(wrong).toEqual([])
      // Back from the shop it is still paid: nothing can be paid again.
      await page.goto(url)
      await shows(page, "paid")
      expect(await payments.attempts(id)).toEqual(["captured"])
      await context.close()
    })

    it("takes another card after a decline, in the same page", async () => {
      const { page, id, context, payments } = await open()
      await type(page, cards.declined)
      await press(page)
      await shows(page, "declined")
      expect(await wordsOf(page)).toContain("No money moved")
      await picture(page, "declined")
      await type(page, cards.captured)
      await press(page)
      await shows(page, "paid")
      expect((await payments.attempts(id)).filter((state) => state === "captured")).toHaveLength(1)
      await context.close()
    })

    it("says of an unknown outcome that it is checked, and tells by itself when it is known", async () => {
      const { page, id, context, payments } = await open()
      await type(page, cards.lostAnswer)
      await press(page)
      await shows(page, "in_review")
      const said = await wordsOf(page)
      expect(said).toContain("You will not be charged twice")
      expect(said).toContain("do not pay again")
      expect(await page.locator("form").isVisible()).toBe(false)
      // No way leads to where the order could be paid again.
      expect(await page.locator("main a:visible").count()).toBe(0)
      await picture(page, "in-review")
      await shows(page, "paid")
      expect(await payments.attempts(id)).toEqual(["captured"])
      await context.close()
    })

    it("tells of what is cancelled, expired, and declined for good", async () => {
      const { payments, browser, shop } = scene()
      const { page, context } = await openPage(browser)
      const [cancelled, expired, refused] = [
        await payments.declare(),
        await payments.declare(),
        await payments.declare()
      ]
      await payments.ask(`/v1/payment-sessions/${cancelled.id}/cancel`, {})
      await payments.sql(
        `update payments.payment_sessions set expires_at = now() where session_id = '${expired.id}'`
      )
      const vaultToken = { vaultId: "stub", tokenRef: "tok_hard_decline" }
      for (let round = 0; round < 5; round++)
        await payments.ask(`/v1/payment-sessions/${refused.id}/confirm`, { vaultToken })
      for (const [session, stage] of [
        [cancelled, "cancelled"],
        [expired, "expired"],
        [refused, "refused"]
      ] as const) {
        await page.goto(session.url ?? "")
        await shows(page, stage)
        expect(await page.locator("form").isVisible()).toBe(false)
        expect(await page.locator(`[data-panel="${stage}"] a`).getAttribute("href")).toBe(
          `${shop.origin}/cart`
        )
      }
      await context.close()
    })

    it("charges once for a double click, and for Enter upon a click", async () => {
      const { page, id, context, payments } = await open()
      await type(page, cards.slow)
      await page.locator("form button").dblclick({ force: true })
      await fieldsIn(page)
        .locator("#code")
        .press("Enter")
        .catch(() => undefined)
      await shows(page, "paid")
      expect(await payments.attempts(id)).toEqual(["captured"])
      await context.close()
    })

    it("charges once in two tabs, whichever is pressed first, and both tell the truth", async () => {
      const { page, id, url, context, payments } = await open()
      const other = await context.newPage()
      await other.goto(url)
      await type(page, cards.slow)
      await type(other, cards.captured)
      await Promise.all([press(page), press(other)])
      await Promise.all([shows(page, "paid"), shows(other, "paid")])
      expect(await payments.attempts(id)).toEqual(["captured"])
      await context.close()
    })

    it("goes on where it was when it is loaded again in mid-charge", async () => {
      const { page, id, context, payments } = await open()
      await type(page, cards.slow)
      await press(page)
      await shows(page, "processing")
      await page.waitForRequest(/payments$/, { timeout: 2000 }).catch(() => undefined)
      await page.reload()
      await shows(page, "paid")
      expect(await payments.attempts(id)).toEqual(["captured"])
      await context.close()
    })

    it("asks for the same again when the answer was lost, and charges nothing again", async () => {
      const { page, id, context, payments } = await open()
      await type(page, cards.captured)
      const asked: Array<string | null> = []
      await page.route(/\/payments$/, async (route) => {
        asked.push(route.request().postData())
        // The first never arrives, and every answer to the others is lost.
        if (asked.length === 1) return route.abort("connectionrefused")
        await route.fetch()
        return route.abort("connectionreset")
      })
      await press(page)
      await page.locator('[data-problem="offline"]').waitFor()
      // Whoever does not know offers no way to where the order could be paid again.
      expect(await page.locator("main a:visible").count()).toBe(0)
      await shows(page, "paid")
      expect(asked).toHaveLength(2)
      expect(new Set(asked).size).toBe(1)
      expect(await payments.attempts(id)).toEqual(["captured"])
      await context.close()
    })

    it("does not guess while there is no connection: it says so, and goes on when it is back", async () => {
      const { page, id, context, payments } = await open()
      await type(page, cards.slow)
      let asked = 0
      const line = /\/(payments|state)$/
      await page.route(line, (route) => {
        asked += 1
        return route.abort("internetdisconnected")
      })
      await press(page)
      await page.locator('[data-problem="offline"]').waitFor()
      await expect.poll(() => asked, { timeout: patience }).toBeGreaterThan(1)
      await shows(page, "processing")
      expect(await page.locator("form").isVisible()).toBe(false)
      await page.unroute(line)
      await shows(page, "paid")
      expect(await payments.attempts(id)).toEqual(["captured"])
      await context.close()
    })

    it("shows the fields what is wrong with a card, and charges nothing", async () => {
      const { page, id, context, payments } = await open()
      await type(page, "4242424242424241", "12", "1320")
      await press(page)
      const fields = fieldsIn(page)
      await fields.locator("#number-number").waitFor()
      expect(await fields.locator("input[aria-invalid=true]").count()).toBe(3)
      expect(await fields.locator("#number").getAttribute("aria-describedby")).toBe("number-number")
      expect(await payments.attempts(id)).toEqual([])
      await context.close()
    })

    it("ends without a payment when nothing ever reached the processor", async () => {
      const { browser, neverArrived } = scene()
      const { page, context } = await openPage(browser)
      await page.goto(neverArrived)
      await shows(page, "ended")
      expect(await wordsOf(page)).toContain("Nothing was charged")
      await context.close()
    })

    it("has a shop in which it can be tried, on a page of its own and embedded", async () => {
      const { browser, payments } = scene()
      const { page, context, wrong } = await openPage(browser, { viewport: { width: 1280, height: 900 } })
      await page.goto(`${payments.origin}/demo`)
      const checkout = await checkoutIn(page)
      await type(checkout, cards.captured)
      await picture(page, "demo")
      await press(checkout)
      await page.getByText("event settled").waitFor()
      await page.getByText("session settled").waitFor()
      const opened = context.waitForEvent("page")
      await page.getByRole("link", { name: "Go to the checkout" }).click()
      const other = await opened
      await type(other, cards.captured)
      await press(other)
      await page.locator("#hosted-events").getByText("session settled").waitFor()
      expect(wrong).toEqual([])
      await context.close()
    })
  })
