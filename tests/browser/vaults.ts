import type { Page } from "playwright-core"
import { describe, expect, it } from "vitest"
import { checkoutIn, heardBy, hears, shopPage } from "./support/embedding.ts"
import { findings } from "./support/findings.ts"
import type { Sandboxed } from "./support/openSandboxed.ts"
import {
  cards,
  openPage,
  patience,
  picture,
  press,
  ready,
  type Scene,
  shows,
  type,
  typeElements,
  wordsOf
} from "./support/Scene.ts"

/** Everything that a browser sends anywhere: addresses, headers and bodies, frames included. */
const sentBy = (page: Page): ReadonlyArray<{ readonly to: string; readonly all: string }> => {
  const sent: Array<{ readonly to: string; readonly all: string }> = []
  page.on("request", (request) => {
    const all = [request.url(), JSON.stringify(request.headers()), request.postData() ?? ""].join(" ")
    sent.push({ to: new URL(request.url()).origin, all })
  })
  return sent
}

/** Every spelling in which a number could be written down. */
const spellings = (number: string): ReadonlyArray<string> => [
  number,
  number.replaceAll(/.{4}(?=.)/g, "$& "),
  number.replaceAll(/.{4}(?=.)/g, "$&-"),
  number.replaceAll(/.{4}(?=.)/g, "$&+"),
  number.replaceAll(/.{4}(?=.)/g, "$&%20"),
  Buffer.from(number).toString("base64").replace(/=+$/, ""),
  Buffer.from(number).toString("hex")
]

const holds = (bytes: Buffer | string, number: string): ReadonlyArray<string> =>
  spellings(number).filter((spelling) => bytes.includes(spelling))

/** Where the card goes: to the vault, over no line of ours; and what the customer's bank asks for. */
export const vaults = (scene: () => Scene, sandboxed: () => Sandboxed) =>
  describe("card fields of the vault", () => {
    it("no byte of a card reaches the payments process, with the simulated vault", async () => {
      const { browser, payments, shop } = scene()
      const { page, context } = await openPage(browser)
      const sent = sentBy(page)
      await page.addInitScript(`window.told = []
        addEventListener("message", ({ data }) => told.push(JSON.stringify(data)))`)
      // Numbers that occur nowhere else, and a code beside each.
      const canaries = ["4929421234567897", "5425233430109903", "374245455400126"]
      for (const [at, canary] of canaries.entries()) {
        const mode = at === 1 ? "embedded" : "hosted"
        const session = await payments.declare({ mode })
        if (mode === "embedded") shop.show("/order", shopPage(payments.origin, session.embedToken ?? ""))
        await page.goto(session.url ?? `${shop.origin}/order`)
        const checkout = mode === "embedded" ? await checkoutIn(page) : page
        await type(checkout, canary, canary.length === 15 ? "8371" : "837")
        await press(checkout)
        await shows(checkout, "paid")
        // The vault hands a token to the checkout and nothing else.
        const told: ReadonlyArray<string> = await checkout.evaluate("window.told")
        expect(told.filter((one) => one.includes("tokenRef"))).toHaveLength(1)
        for (const one of told) expect(holds(one, canary), one).toEqual([])
        expect(await payments.attempts(session.id)).toEqual(["captured"])
      }
      const heard = payments.heard()
      // The lines were listened to: what may pass there did.
      expect(heard.includes("tok_stub_visa_b49294212_l7897_x1234_")).toBe(true)
      for (const canary of canaries) {
        expect(holds(heard, canary), `${canary} on the lines`).toEqual([])
        for (const { to, all } of sent) expect(holds(all, canary), `${canary} sent to ${to}`).toEqual([])
      }
      await context.close()
    })

    it("no byte of a card reaches the payments process, with Basis Theory", async () => {
      const { browser } = scene()
      const { payments, emulators } = sandboxed()
      const { page, context, wrong } = await openPage(browser)
      const sent = sentBy(page)
      const session = await payments.declare()
      await page.goto(session.url ?? "")
      const canary = "4929421234567897"
      await ready(page)
      await page.getByText("Card number", { exact: true }).click()
      const number = page.frameLocator("#element-number iframe").locator("input")
      // The label asks the vault's frame for it, which is elsewhere: what is typed before goes nowhere.
      await page.frameLocator("#element-number iframe").locator("input:focus").waitFor()
      await page.keyboard.type("4")
      expect(await number.inputValue()).toBe("4")
      expect(await findings(page)).toEqual([])
      await typeElements(page, canary, "837")
      await picture(page, "basis-theory")
      await press(page)
      await shows(page, "paid")
      expect(await payments.attempts(session.id)).toEqual(["captured"])
      const heard = payments.heard()
      // All lines were listened to: vault, processor and database.
      for (const passed of ["/proxy", "/v1/payment_intents", "open_attempt"])
        expect(heard.includes(passed), passed).toBe(true)
      expect(holds(heard, canary)).toEqual([])
      const told = sent.filter(({ all }) => holds(all, canary).length > 0).map(({ to }) => to)
      expect(new Set(told)).toEqual(new Set([emulators.basisTheory.origin]))
      // The real card did arrive: at the vault, and at the processor that charged it.
      expect(JSON.stringify(emulators.stripe.books())).toContain("7897")
      expect(wrong).toEqual([])
      await context.close()
    })

    it("gives each payment a key of the vault's of its own, and none that reads", async () => {
      const { browser } = scene()
      const { payments, emulators } = sandboxed()
      const { page, context } = await openPage(browser)
      const session = await payments.declare()
      const keys: Array<string> = []
      page.on("response", (response) => {
        if (response.url().endsWith("/vault-session"))
          void response.json().then((body: { readonly sessionKey: string }) => keys.push(body.sessionKey))
      })
      await page.goto(session.url ?? "")
      await typeElements(page, "4000000000009987")
      await press(page)
      await shows(page, "declined")
      await typeElements(page, cards.captured)
      await press(page)
      await shows(page, "paid")
      expect(new Set(keys).size).toBe(2)
      for (const key of keys) {
        const read = await fetch(`${emulators.basisTheory.origin}/tokens/tok_4242`, {
          headers: { "bt-api-key": key }
        })
        expect(read.status).toBe(403)
      }
      await context.close()
    })

    it.each([
      ["Complete", "paid"],
      ["Fail", "declined"]
    ] as const)("takes the customer to the bank and back: %s", async (button, stage) => {
      const { browser, shop } = scene()
      const { payments } = sandboxed()
      const { page, context } = await openPage(browser)
      const session = await payments.declare()
      await page.goto(session.url ?? "")
      await typeElements(page, "4000002760003184")
      await press(page)
      await page.getByRole("button", { name: button }).click()
      // Nothing that the bank wrote into the address stays there.
      if (stage === "declined") {
        await shows(page, stage)
        expect(page.url()).toBe(session.url)
        await typeElements(page, cards.captured)
        await press(page)
      }
      await page.waitForURL(`${shop.origin}/thanks`)
      expect((await payments.attempts(session.id)).filter((state) => state === "captured")).toHaveLength(1)
      await context.close()
    })

    it("waits for a customer who left the bank's page, and lets them go on there", async () => {
      const { browser } = scene()
      const { payments } = sandboxed()
      const { page, context } = await openPage(browser)
      const session = await payments.declare()
      await page.goto(session.url ?? "")
      await typeElements(page, "4000002760003184")
      await press(page)
      await page.getByRole("button", { name: "Complete" }).waitFor()
      await page.goto(session.url ?? "")
      await shows(page, "authenticate")
      expect(await wordsOf(page)).toContain("Nothing is charged twice")
      expect(await page.locator("form").isVisible()).toBe(false)
      await picture(page, "authenticate")
      await page.getByRole("link", { name: "Continue at your bank" }).click()
      await page.getByRole("button", { name: "Complete" }).click()
      await shows(page, "paid")
      expect(await payments.attempts(session.id)).toEqual(["captured"])
      await context.close()
    })

    it("shows the bank's page inside the embedded checkout", async () => {
      const { browser, shop } = scene()
      const { payments } = sandboxed()
      const { page, context } = await openPage(browser)
      const session = await payments.declare({ mode: "embedded" })
      shop.show("/order", shopPage(payments.origin, session.embedToken ?? ""))
      await page.goto(`${shop.origin}/order`)
      const checkout = await checkoutIn(page)
      await typeElements(checkout, "4000002760003184")
      await press(checkout)
      await hears(page, "authenticate")
      const bank = checkout.frameLocator("iframe[data-challenge]").frameLocator("iframe")
      await bank.getByRole("button", { name: "Complete" }).waitFor()
      await picture(page, "embedded-authenticate")
      await bank.getByRole("button", { name: "Complete" }).click()
      await hears(page, "settled")
      expect(page.url()).toBe(`${shop.origin}/order`)
      await expect.poll(() => payments.attempts(session.id), { timeout: patience }).toEqual(["captured"])
      expect(await heardBy(page)).toEqual(["ready", "processing", "authenticate", "settled"])
      await context.close()
    })
  })
