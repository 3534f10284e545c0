import type { Frame } from "playwright-core"
import { describe, expect, it } from "vitest"
import { checkoutIn, shopPage } from "./support/embedding.ts"
import { findings } from "./support/findings.ts"
import { loadOf, secondsOf } from "./support/loading.ts"
import { cards, fieldsIn, openPage, picture, press, ready, type Scene, shows, type } from "./support/Scene.ts"

/** Whether something is wider than the window that it is in. */
const overflows = (frame: Frame): Promise<boolean> =>
  frame.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")

/** For people: with eyes, ears, keyboards and phones of all kinds, in their own language. */
export const people = (scene: () => Scene) =>
  describe("for people", () => {
    const open = async (options = {}, config = {}) => {
      const { browser, payments } = scene()
      const session = await payments.declare(config)
      const opened = await openPage(browser, options)
      await opened.page.goto(session.url ?? "")
      return { ...opened, session }
    }

    it.each([
      ["en-US", "ltr", "light", 390],
      ["de-DE", "ltr", "dark", 1280],
      ["ar-EG", "rtl", "light", 390],
      ["ar-EG", "rtl", "dark", 1280]
    ] as const)(
      "axe finds nothing in %s (%s), %s, %i pixels wide",
      async (locale, direction, colorScheme, width) => {
        const { page, context } = await open({ locale, colorScheme, viewport: { width, height: 860 } })
        await ready(page)
        expect(await page.locator("html").getAttribute("dir")).toBe(direction)
        expect(await findings(page)).toEqual([])
        await picture(page, `pay-${locale}-${colorScheme}-${width}`)
        await type(page, cards.declined, "12", "1320")
        await press(page)
        await fieldsIn(page).locator("#code-code").waitFor()
        expect(await findings(page)).toEqual([])
        await picture(page, `wrong-${locale}-${colorScheme}-${width}`)
        // To look for findings is slow: what comes after the card looks the same in every language.
        if (locale !== "en-US") return context.close()
        await type(page, cards.declined)
        await press(page)
        await shows(page, "declined")
        expect(await findings(page)).toEqual([])
        await type(page, cards.lostAnswer)
        await press(page)
        await shows(page, "in_review")
        expect(await findings(page)).toEqual([])
        await shows(page, "paid")
        expect(await findings(page)).toEqual([])
        await picture(page, `paid-${locale}-${colorScheme}-${width}`)
        await context.close()
      }
    )

    it("axe finds nothing in the embedded checkout, nor where there is no payment", async () => {
      const { browser, payments, shop } = scene()
      const { embedToken = "" } = await payments.declare({ mode: "embedded" })
      shop.show("/order", shopPage(payments.origin, embedToken))
      const { page, context } = await openPage(browser)
      await page.goto(`${shop.origin}/order`)
      await ready(await checkoutIn(page))
      // The shop's own page is the shop's.
      expect((await findings(page)).filter((one) => !/^(region|landmark)/.test(one))).toEqual([])
      await page.goto(`${payments.origin}/pay/ps_00000000000000000000000000/nothing`)
      expect(await findings(page)).toEqual([])
      await context.close()
    })

    it("everything fits at 400 % zoom, in every language", async () => {
      for (const locale of ["en", "de", "ar"]) {
        // 1280 pixels at 400 % are 320.
        const { page, context } = await open({ locale, viewport: { width: 320, height: 256 } })
        await ready(page)
        await type(page, cards.declined, "12", "1320")
        await press(page)
        await fieldsIn(page).locator("#code-code").waitFor()
        for (const frame of page.frames())
          expect(await overflows(frame), `${locale} ${frame.url()}`).toBe(false)
        await picture(page, `zoom-${locale}`)
        await context.close()
      }
    })

    it("is paid by keyboard alone, and takes the reader to what came of it", async () => {
      const { page, context } = await open()
      await ready(page)
      for (const text of ["4242424242424242", "1234", "123"]) {
        await page.keyboard.press("Tab")
        await page.keyboard.type(text)
      }
      const fields = fieldsIn(page)
      expect(await fields.locator("#number").inputValue()).toBe("4242 4242 4242 4242")
      expect(await fields.locator("#expiry").inputValue()).toBe("12 / 34")
      expect(await fields.locator("#code").inputValue()).toBe("123")
      await page.keyboard.press("Tab")
      await page.keyboard.press("Enter")
      await shows(page, "paid")
      expect(await page.evaluate("document.activeElement.textContent")).toBe("Paid")
      expect(await page.locator('[role="status"]').count()).toBe(1)
      await context.close()
    })

    it("offers the browser's and the wallet's cards their fields", async () => {
      const { page, context } = await open()
      await ready(page)
      const asked = await fieldsIn(page)
        .locator("input")
        .evaluateAll((inputs) =>
          inputs.map((input) => `${input.getAttribute("autocomplete")} ${input.getAttribute("inputmode")}`)
        )
      expect(asked).toEqual(["cc-number numeric", "cc-exp numeric", "cc-csc numeric"])
      await context.close()
    })

    it("moves nothing for those who do not want it", async () => {
      const animation = `getComputedStyle(document.querySelector(".spin")).animationName`
      const still = await open({ reducedMotion: "reduce" })
      expect(await still.page.evaluate(animation)).toBe("none")
      await still.context.close()
      const moving = await open({ reducedMotion: "no-preference" })
      expect(await moving.page.evaluate(animation)).toBe("turn")
      await moving.context.close()
    })

    it("speaks the language that the app names, and writes amounts as it does", async () => {
      const { page, context } = await open(
        { locale: "en-US" },
        { theme: { locale: "de", accent: "#0a7d5a" } }
      )
      expect(await page.locator("html").getAttribute("lang")).toBe("de")
      expect(await page.locator(".amount").innerText()).toBe("157,00\u00a0$")
      await picture(page, "theme-de")
      await context.close()
    })

    it("is there within two seconds on a slow phone, with less than 15 kB of its own script", async () => {
      const { browser, payments } = scene()
      const { page, context } = await openPage(browser)
      const load = loadOf(page)
      await page.goto((await payments.declare()).url ?? "")
      await ready(page)
      const transfers = await load()
      const script = transfers
        .filter(({ kind }) => kind === "script")
        .reduce((sum, { bytes }) => sum + bytes, 0)
      expect(transfers.filter(({ kind }) => kind === "script").length).toBeGreaterThan(4)
      expect(script).toBeLessThan(15_000)
      expect(secondsOf(transfers)).toBeLessThan(2)
      const component = await fetch(`${payments.origin}/embed/v1.js`, {
        headers: { "accept-encoding": "br" }
      })
      expect(Number(component.headers.get("content-length") ?? 0)).toBeLessThan(3000)
      await context.close()
    })
  })
