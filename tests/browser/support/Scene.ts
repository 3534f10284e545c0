import { mkdirSync } from "node:fs"
import { join } from "node:path"
import type { Browser, BrowserContextOptions, Frame, FrameLocator, Page } from "playwright-core"
import { openChromium } from "./chromium.ts"
import { openPayments, type Payments } from "./Payments.ts"
import { openSite, type Site } from "./shop.ts"

/** One browser, one server, and the sites around them; many tests share them. */
export interface Scene {
  readonly browser: Browser
  readonly payments: Payments
  /** A shop of the brand's. */
  readonly shop: Site
  /** The page of a payment that never reached its processor: some time after the start it ends without one. */
  readonly neverArrived: string
  /** A site of somebody else's. */
  readonly stranger: Site
  readonly close: () => Promise<void>
}

export const openScene = async (): Promise<Scene> => {
  const [shop, stranger] = [await openSite(), await openSite()]
  shop.show("/thanks", "<title>thanks</title><h1>Thank you</h1>")
  shop.show("/cart", "<title>cart</title><h1>Your cart</h1>")
  const payments = await openPayments({
    name: "stub",
    seed: "stub",
    shops: [shop.origin],
    environment: () => ({
      STUB_DEADLINE: "1 second",
      STUB_SLOW: "700 millis",
      STUB_LATE: "2 seconds",
      STUB_ABSENCE_HORIZON: "16 seconds",
      // A vault elsewhere takes its time too.
      STUB_VAULT_DELAY: "50 millis",
      // Tests decline five times in a row.
      RATE_LIMIT_SESSION: "off"
    })
  })
  const neverArrived = await payments.declare()
  await payments.ask(`/v1/payment-sessions/${neverArrived.id}/confirm`, {
    vaultToken: { vaultId: "stub", tokenRef: "tok_timeout_nothing" }
  })
  const browser = await openChromium()
  return {
    neverArrived: neverArrived.url ?? "",
    browser,
    payments,
    shop,
    stranger,
    close: async () => {
      await browser.close()
      for (const one of [payments, shop, stranger]) await one.close()
    }
  }
}

/** How long a browser may take for anything on a machine that is busy. */
export const patience = Number(process.env["PATIENCE"] ?? 45_000)

/** A page in a context of its own, and everything that went wrong in it. */
export const openPage = async (browser: Browser, options: BrowserContextOptions = {}) => {
  const context = await browser.newContext({ locale: "en-US", ...options })
  context.setDefaultTimeout(patience)
  const page = await context.newPage()
  const wrong = listenFor(page)
  return { context, page, wrong }
}

/** What a page complains about: errors of scripts, and what its policy forbade. */
export const listenFor = (page: Page): ReadonlyArray<string> => {
  const wrong: Array<string> = []
  page.on("pageerror", ({ message }) => wrong.push(message))
  page.on("console", (message) => {
    if (message.type() === "error" && !/Failed to load resource/.test(message.text()))
      wrong.push(message.text())
  })
  return wrong
}

/** A page, or a frame in one. */
export type Within = Page | Frame | FrameLocator

/** The fields of the simulated vault in a page or a frame. */
export const fieldsIn = (within: Within): FrameLocator => within.frameLocator("iframe[data-fields]")

/** Waits until the checkout takes a card. */
export const ready = (within: Within) => within.locator("form button:not([disabled])").waitFor()

/** Types a card as a person does. */
export const type = async (within: Within, number: string, code = "123", expiry = "1234") => {
  await ready(within)
  const fields = fieldsIn(within)
  await fields.locator("#number").fill(number)
  await fields.locator("#expiry").pressSequentially(expiry)
  await fields.locator("#code").fill(code)
}

/** Types a card into the elements of Basis Theory. */
export const typeElements = async (within: Page | Frame, number: string, code = "123") => {
  await ready(within)
  const field = (name: string) => within.frameLocator(`#element-${name} iframe`).locator("input")
  await field("number").fill(number)
  await field("expiry").pressSequentially("1234")
  await field("code").fill(code)
}

export const press = (within: Within) => within.locator("form button").click()

/** Waits until a stage is shown, and only that. */
export const shows = (within: Within, stage: string) =>
  within.locator(`html[data-stage="${stage}"]`).waitFor({ state: "attached" })

/** The visible words of the checkout. */
export const wordsOf = async (within: Within): Promise<string> =>
  (await within.locator("main").innerText()).replaceAll(/\s+/g, " ")

/** Where screenshots are kept: an artifact of the run, not part of the repository. */
const artifacts = join(import.meta.dirname, "../../../coverage/browser")

/** Keeps a picture of a page. */
export const picture = async (page: Page, name: string) => {
  mkdirSync(artifacts, { recursive: true })
  await page.screenshot({ path: join(artifacts, `${name}.png`), fullPage: true })
}

/** Cards of the simulated vault that do what their names say. */
export const cards = {
  captured: "4242424242424242",
  declined: "4000000000000002",
  slow: "5105105105105100",
  /** Its answer is lost, and the truth is known only after some seconds: whoever is slow still sees the review. */
  lostAnswer: "4000000000000119"
}
