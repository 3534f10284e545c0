import type { Page } from "playwright-core"
import { describe, expect, it } from "vitest"
import type { Sandboxed } from "./support/openSandboxed.ts"
import {
  cards,
  openPage,
  patience,
  press,
  ready,
  type Scene,
  shows,
  type,
  typeElements,
  wordsOf
} from "./support/Scene.ts"

/** So long an open page waits at the most before it looks again. */
const long = 20_000

/** The door's answer to a look that the page makes by itself when its clock goes on. */
const looksAgain = async (page: Page) => {
  const looked = page.waitForResponse(/\/state$/)
  await page.clock.fastForward(long)
  await (await looked).finished()
  // What the page makes of it.
  await page.evaluate("new Promise((resolve) => requestAnimationFrame(resolve))")
}

/** What is visible of what went wrong. */
const problemIn = async (page: Page) =>
  (
    await page
      .locator("[data-problem]:visible")
      .evaluateAll((shown) => shown.map((one) => one.dataset["problem"]))
  ).join()

const json = { "content-type": "application/json" }

/** A payment that arrives late. */
const payLate = async (door: string, body: string) =>
  (await fetch(`${door}/payments`, { method: "POST", headers: json, body })).json()

/** A payment is asked for in a turn: what the page says before, during and after it is true, whatever gets lost. */
export const turns = (scene: () => Scene, sandboxed: () => Sandboxed) =>
  describe("a turn", () => {
    const open = async (payments = scene().payments) => {
      const session = await payments.declare()
      const opened = await openPage(scene().browser)
      await opened.page.clock.install()
      await opened.page.goto(session.url ?? "")
      return { ...opened, id: session.id, url: session.url ?? "", payments }
    }

    it("is processing while the vault is read, for whoever loads the page again too", async () => {
      const { payments, emulators } = sandboxed()
      const { page, id, context } = await open(payments)
      await typeElements(page, cards.captured)
      const faults = `${emulators.basisTheory.origin}/_sandbox/faults`
      const slow = { match: { method: "GET" }, fault: { kind: "slow", seconds: 2 }, times: 9 }
      await fetch(faults, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(slow)
      })
      await press(page)
      // A request that a reload cuts off before it arrives charges nothing, and is another test's.
      await expect
        .poll(async () => (await fetch(`${page.url()}/state`)).json(), { timeout: patience })
        .toMatchObject({ stage: "processing" })
      expect(await payments.attempts(id)).toEqual([])
      await page.reload()
      await shows(page, "processing")
      expect(await page.locator("form").isVisible()).toBe(false)
      expect(await page.locator("main a:visible").count()).toBe(0)
      expect(await payments.attempts(id)).toEqual([])
      await fetch(faults, { method: "DELETE" })
      await shows(page, "paid")
      expect(await payments.attempts(id)).toEqual(["captured"])
      await context.close()
    })

    it("leaves the button alive when the vault's session is cut, or an answer is not ours", async () => {
      const { payments } = sandboxed()
      const { page, id, context } = await open(payments)
      await typeElements(page, cards.captured)
      const answers = [
        { status: 200, contentType: "application/json", body: '{"sessionKey": "key_' },
        { status: 200, contentType: "text/html", body: "<h1>Please log in to this network</h1>" },
        { status: 502, contentType: "text/html", body: "<h1>Bad gateway</h1>" }
      ]
      for (const answer of answers) {
        await page.route(/vault-session$/, (route) => route.fulfill(answer), { times: 1 })
        await press(page)
        await page.locator('[data-problem="vault"]').waitFor()
        await ready(page)
      }
      // An answer that never comes: the page's patience ends.
      await page.route(/vault-session$/, () => undefined, { times: 1 })
      const asked = page.waitForRequest(/vault-session$/)
      await press(page)
      await asked
      await page.locator('[data-problem="vault"]').waitFor({ state: "hidden" })
      await page.clock.fastForward(long)
      await page.locator('[data-problem="vault"]').waitFor()
      await ready(page)
      // Each time the turn was given back first: what was asked in it before charges nothing.
      expect(await (await fetch(`${page.url()}/state`)).json()).toEqual({
        stage: "pay",
        turn: answers.length + 1
      })
      await press(page)
      await shows(page, "paid")
      expect(await payments.attempts(id)).toEqual(["captured"])
      await context.close()
    })

    it("says why a card was not taken for as long as nobody does anything", async () => {
      const { page, id, context, payments } = await open()
      await type(page, cards.declined)
      await press(page)
      await shows(page, "declined")
      await type(page, cards.captured)
      await page.route(
        /payments$/,
        (route) => route.continue({ postData: (route.request().postData() ?? "").replace("tok_", "no_") }),
        { times: 1 }
      )
      await press(page)
      await page.locator('[data-problem="card"]').waitFor()
      await looksAgain(page)
      expect(await problemIn(page)).toBe("card")
      expect(await wordsOf(page)).toContain("Nothing was charged; please try another one")
      expect(await payments.attempts(id)).not.toContain("captured")
      // What was typed is there still.
      await press(page)
      await shows(page, "paid")
      expect((await payments.attempts(id)).filter((state) => state === "captured")).toHaveLength(1)
      await context.close()
    })

    it("is learnt of in a second window that nobody touches", async () => {
      const { page, id, url, context, payments } = await open()
      await type(page, cards.captured)
      const other = await context.newPage()
      await other.clock.install()
      await other.goto(url)
      await ready(other)
      await press(page)
      await shows(page, "paid")
      await looksAgain(other)
      await shows(other, "paid")
      expect(await payments.attempts(id)).toEqual(["captured"])
      await context.close()
    })

    it("is looked at before anybody is told that nothing was charged, or led back to the shop", async () => {
      const { page, id, url, context, payments } = await open()
      const other = await context.newPage()
      await other.goto(url)
      const [third, fourth] = [await context.newPage(), await context.newPage()]
      await third.goto(url)
      await fourth.goto(url)
      await type(other, cards.captured)
      await ready(third)
      await ready(fourth)
      await type(page, cards.captured)
      await press(page)
      await shows(page, "paid")
      // The door is tired of the one window, whose session was charged in another.
      await other.route(/payments$/, (route) =>
        route.fulfill({ status: 429, json: { error: { code: "too_many_requests" } } })
      )
      await press(other)
      await shows(other, "paid")
      expect(await problemIn(other)).toBe("")
      await third.getByRole("link", { name: "Back to Loop Health" }).first().click()
      await shows(third, "paid")
      // Nor is anybody told so whose way back the door refused.
      await fourth.route(/withdrawals$/, (route) =>
        route.fulfill({ status: 429, json: { error: { code: "too_many_requests" } } })
      )
      await fourth.getByRole("link", { name: "Back to Loop Health" }).first().click()
      await shows(fourth, "paid")
      expect(await problemIn(fourth)).toBe("")
      expect(await payments.attempts(id)).toEqual(["captured"])
      await context.close()
    })

    it("is given back before a refusal says that nothing was charged, if an earlier answer was lost", async () => {
      const { page, id, context, payments } = await open()
      await type(page, cards.declined)
      await press(page)
      await shows(page, "declined")
      await type(page, cards.captured)
      // The first is held on its way, and the door is tired of its repetition.
      const held: Array<string> = []
      await page.route(/payments$/, (route) => {
        held.push(route.request().postData() ?? "")
        return held.length === 1
          ? route.abort("connectionreset")
          : route.fulfill({ status: 429, json: { error: { code: "too_many_requests" } } })
      })
      await press(page)
      await page.locator('[data-problem="often"]').waitFor()
      expect(await wordsOf(page)).toContain("Nothing was charged")
      // And it comes after all.
      expect(await payLate(page.url(), held[0] ?? "")).toMatchObject({ stage: "declined" })
      expect(await payments.attempts(id)).not.toContain("captured")
      await page.unroute(/payments$/)
      // What was typed is there still.
      await press(page)
      await shows(page, "paid")
      await context.close()
    })

    it("is given back before the customer is led to the shop: what is still on its way charges nothing", async () => {
      const { page, id, context, payments } = await open()
      const { shop } = scene()
      await type(page, cards.captured)
      await page.route(/withdrawals$/, (route) => route.abort("connectionreset"), { times: 1 })
      const back = page.getByRole("link", { name: "Back to Loop Health" }).first()
      await back.click()
      await page.locator('[data-problem="noAnswer"]').waitFor()
      // Nor is anything said of what was charged while nothing was given back.
      await page.route(
        /withdrawals$/,
        (route) => route.fulfill({ status: 429, json: { error: { code: "too_many_requests" } } }),
        { times: 1 }
      )
      await back.click()
      await page.locator('[data-problem="wait"]').waitFor()
      expect(await wordsOf(page)).not.toContain("Nothing was charged")
      const door = page.url()
      await back.click()
      await page.waitForURL(`${shop.origin}/cart`)
      const late = JSON.stringify({ turn: 0, vaultId: "stub", tokenRef: "tok_captured" })
      expect(await payLate(door, late)).toEqual({ stage: "pay", turn: 1 })
      expect(await payments.attempts(id)).toEqual([])
      await context.close()
    })
  })
