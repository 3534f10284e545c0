import { describe, expect, it } from "vitest"
import { checkoutIn, heardBy, hears, shopPage } from "./support/embedding.ts"
import { reactPage } from "./support/reactPage.ts"
import {
  cards,
  fieldsIn,
  openPage,
  patience,
  picture,
  press,
  ready,
  type Scene,
  shows,
  type
} from "./support/Scene.ts"

/** The component in a shop's page, and pages and frames that mean no good. */
export const embedded = (scene: () => Scene) =>
  describe("the embedded component", () => {
    const declare = async () => {
      const { id, embedToken = "" } = await scene().payments.declare({ mode: "embedded" })
      return { id, embedToken }
    }

    it("takes a card in the shop's page, and tells it what comes of it", async () => {
      const { browser, payments, shop } = scene()
      const { id, embedToken } = await declare()
      shop.show("/order", shopPage(payments.origin, embedToken))
      const { page, context, wrong } = await openPage(browser)
      await page.goto(`${shop.origin}/order`)
      const checkout = await checkoutIn(page)
      await type(checkout, cards.declined)
      await press(checkout)
      await hears(page, "declined")
      await type(checkout, cards.captured)
      await picture(page, "embedded")
      await press(checkout)
      await hears(page, "settled")
      expect(await heardBy(page)).toEqual(["ready", "processing", "declined", "processing", "settled"])
      expect((await payments.attempts(id)).at(-1)).toBe("captured")
      // The shop's page stays: where to go next is its own to say.
      expect(page.url()).toBe(`${shop.origin}/order`)
      expect(wrong).toEqual([])
      expect(await context.cookies()).toEqual([])
      await context.close()
    })

    it("tells of an unknown outcome, and of its end", async () => {
      const { browser, payments, shop } = scene()
      const { embedToken } = await declare()
      shop.show("/order", shopPage(payments.origin, embedToken))
      const { page, context } = await openPage(browser)
      await page.goto(`${shop.origin}/order`)
      await type(await checkoutIn(page), cards.lostAnswer)
      await press(await checkoutIn(page))
      await hears(page, "inReview")
      await hears(page, "settled")
      await context.close()
    })

    it("opens in spite of answers that are lost, cut or nobody's on the way, and tells when it takes long", async () => {
      const { browser, payments, shop } = scene()
      const { id, embedToken } = await declare()
      shop.show("/order", shopPage(payments.origin, embedToken))
      const { page, context } = await openPage(browser)
      await page.clock.install()
      const answers = [
        { status: 503, json: { error: { code: "ledger_unavailable" } } },
        { status: 429, json: { error: { code: "too_many_requests" } } },
        { status: 502, contentType: "text/html", body: "<h1>Bad gateway</h1>" },
        { status: 200, contentType: "application/json", body: '{"page": "/pay' }
      ]
      let asked = 0
      await page.route(/\/embed\/exchange$/, async (route) => {
        const answer = answers[asked]
        asked += 1
        await (answer === undefined ? route.continue() : route.fulfill(answer))
      })
      // The frame's first page is lost once, and so is the checkout itself.
      let [boots, pages] = [0, 0]
      await page.route(/\/embed\/[0-9A-Z]{26}\./, (route) =>
        boots++ === 0 ? route.abort() : route.continue()
      )
      await page.route(/\/embedded$/, (route) =>
        pages++ === 0 ? route.fulfill({ status: 502, body: "<h1>Bad gateway</h1>" }) : route.continue()
      )
      await page.goto(`${shop.origin}/order`)
      for (const times of [1, 2, 3, 4, 5, 6, 7, 8]) {
        await page.clock.fastForward(times === 1 ? 16_000 : 8_000)
        await page.waitForTimeout(200)
      }
      await page.clock.fastForward(31_000)
      await hears(page, "ready")
      expect(await heardBy(page)).toContain("unavailable")
      expect([asked, boots, pages]).toEqual([6, 3, 2])
      const checkout = await checkoutIn(page)
      await type(checkout, cards.captured)
      await press(checkout)
      await hears(page, "settled")
      expect(await payments.attempts(id)).toEqual(["captured"])
      // What is no token at all is said to be none.
      await page.evaluate(
        `document.querySelector("payment-checkout").setAttribute("embed-token", "et_nonsense")`
      )
      await hears(page, "refused malformed_token")
      await context.close()
    })

    it("is loaded again with the shop's page, with the same token, and in no second tab", async () => {
      const { browser, payments, shop } = scene()
      const { id, embedToken } = await declare()
      shop.show("/order", shopPage(payments.origin, embedToken))
      const { page, context } = await openPage(browser)
      await page.goto(`${shop.origin}/order`)
      await ready(await checkoutIn(page))
      await page.reload()
      await type(await checkoutIn(page), cards.slow)
      const other = await context.newPage()
      await other.goto(`${shop.origin}/order`)
      await hears(other, "refused embed_token_refused")
      await press(await checkoutIn(page))
      await shows(await checkoutIn(page), "processing")
      await page.reload()
      await hears(page, "settled")
      expect(await payments.attempts(id)).toEqual(["captured"])
      await context.close()
    })

    it("works where a browser gives frames of others neither cookies nor storage", async () => {
      const { browser, payments, shop } = scene()
      const { id, embedToken } = await declare()
      shop.show("/order", shopPage(payments.origin, embedToken))
      const { page, context } = await openPage(browser)
      const protocol = await context.newCDPSession(page)
      await protocol.send("Network.enable")
      await protocol.send("Network.setCookieControls", { enableThirdPartyCookieRestriction: true })
      await page.addInitScript(`if (window !== top) for (const name of ["sessionStorage", "localStorage"])
        Object.defineProperty(window, name, { get() { throw new DOMException("denied", "SecurityError") } })
        if (window !== top) Object.defineProperty(document, "cookie", { get() { return "" }, set() {} })`)
      await page.goto(`${shop.origin}/order`)
      await type(await checkoutIn(page), cards.captured)
      await press(await checkoutIn(page))
      await hears(page, "settled")
      expect(await payments.attempts(id)).toEqual(["captured"])
      await context.close()
    })

    it("works as a React component, in strict mode too", async () => {
      const { browser, payments, shop } = scene()
      const { id, embedToken } = await declare()
      shop.show("/react", reactPage(payments.origin, embedToken))
      const { page, context, wrong } = await openPage(browser)
      await page.goto(`${shop.origin}/react`)
      await type(await checkoutIn(page), cards.captured)
      await press(await checkoutIn(page))
      await hears(page, "settled")
      expect(await heardBy(page)).toEqual(["ready", "processing", "settled"])
      expect(await payments.attempts(id)).toEqual(["captured"])
      expect(wrong).toEqual([])
      await context.close()
    })

    it("comes into a React page in spite of a line that was down, and tells of it", async () => {
      const { browser, payments, shop } = scene()
      const { id, embedToken } = await declare()
      shop.show("/react", reactPage(payments.origin, embedToken))
      const { page, context } = await openPage(browser)
      let asked = 0
      await page.route(/\/embed\/v1\.js/, (route) => (asked++ < 2 ? route.abort() : route.continue()))
      await page.goto(`${shop.origin}/react`)
      await type(await checkoutIn(page), cards.captured)
      await press(await checkoutIn(page))
      await hears(page, "settled")
      expect(await heardBy(page)).toEqual(["unavailable", "unavailable", "ready", "processing", "settled"])
      expect(await payments.attempts(id)).toEqual(["captured"])
      await context.close()
    })

    it("shows nothing in a page of somebody else's, whatever token it has", async () => {
      const { browser, payments, stranger } = scene()
      const { id, embedToken } = await declare()
      stranger.show("/trap", shopPage(payments.origin, embedToken))
      const { page, context, wrong } = await openPage(browser)
      await page.goto(`${stranger.origin}/trap`)
      await page.waitForFunction("document.querySelector('payment-checkout') !== null")
      await expect.poll(() => wrong.join(), { timeout: patience }).toMatch(/frame-ancestors/)
      expect(await heardBy(page)).toEqual([])
      // The page itself, whose address nobody but the customer has, is framed by nobody either.
      const hosted = await payments.declare()
      stranger.show("/trap", `<iframe src="${hosted.url}"></iframe>`)
      await page.goto(`${stranger.origin}/trap`)
      await expect.poll(() => wrong.length, { timeout: patience }).toBeGreaterThan(1)
      expect(await payments.attempts(id)).toEqual([])
      await context.close()
    })

    it("gives a hostile shop nothing of the card, and believes nothing that it says", async () => {
      const { browser, payments, shop } = scene()
      const { id, embedToken } = await declare()
      // It keeps every message that it hears, and with them the windows that they came from.
      shop.show(
        "/hostile",
        shopPage(
          payments.origin,
          embedToken,
          `window.messages = []; window.sources = new Set()
           addEventListener("message", ({ data, source }) => { messages.push(JSON.stringify(data)); sources.add(source) })`
        )
      )
      const { page, context } = await openPage(browser)
      await page.goto(`${shop.origin}/hostile`)
      const checkout = await checkoutIn(page)
      await type(checkout, cards.captured, "737")
      const tried: unknown = await page.evaluate(`(() => {
        const told = []
        const attempt = (name, run) => { try { told.push(name + ": " + String(run())) } catch (error) { told.push(name + ": " + error.name) } }
        attempt("shadow", () => document.querySelector("payment-checkout").shadowRoot)
        attempt("frames", () => window.frames.length)
        for (const frame of sources) {
          attempt("document", () => frame.document)
          attempt("location", () => frame.location.href)
          attempt("frames", () => frame.length)
          attempt("vault", () => frame[frame.length - 1].document)
          // As the checkout would ask the vault, and as the vault would answer the checkout.
          for (let ask = 0; ask < 5; ask++) {
            for (let at = 0; at < frame.length; at++) {
              frame[at].postMessage({ type: "tokenize", ask }, "*")
              frame[at].postMessage({ type: "clear" }, "*")
            }
            frame.postMessage({ type: "token", ask, vaultId: "stub", tokenRef: "tok_captured" }, "*")
            frame.postMessage({ type: "submit" }, "*")
            frame.postMessage({ embedToken: ${JSON.stringify(embedToken)} }, "*")
          }
        }
        return told
      })()`)
      expect(tried).toEqual([
        "shadow: null",
        "frames: 0",
        "document: SecurityError",
        "location: SecurityError",
        "frames: 2",
        "vault: SecurityError"
      ])
      await page.waitForTimeout(500)
      expect(await payments.attempts(id)).toEqual([])
      expect(await heardBy(page)).toEqual(["ready"])
      // The vault did not even do what harms nobody.
      expect(await fieldsIn(checkout).locator("#code").inputValue()).toBe("737")
      await press(checkout)
      await hears(page, "settled")
      const messages: ReadonlyArray<string> = await page.evaluate("window.messages")
      expect(messages.length).toBeGreaterThan(2)
      for (const message of messages) {
        expect(message).not.toMatch(/4242|737|tok_|et_|ps_/)
        expect(message).toContain("payment-checkout")
      }
      await context.close()
    })

    it("is not taken in by a frame that speaks like it, nor is the vault by one that stands around it", async () => {
      const { browser, payments, shop, stranger } = scene()
      const { id, embedToken } = await declare()
      stranger.show(
        "/frame",
        `<script>setInterval(() => parent.postMessage({ from: "payment-checkout", type: "settled" }, "*"), 20)</script>`
      )
      shop.show(
        "/order",
        `${shopPage(payments.origin, embedToken)}<iframe src="${stranger.origin}/frame"></iframe>`
      )
      const { page, context } = await openPage(browser)
      await page.goto(`${shop.origin}/order`)
      await ready(await checkoutIn(page))
      await page.waitForTimeout(300)
      expect(await heardBy(page)).toEqual(["ready"])
      expect(await payments.attempts(id)).toEqual([])

      const vault = await (await checkoutIn(page)).locator("iframe[data-fields]").getAttribute("src")
      stranger.show(
        "/vault",
        `<iframe src="${vault}"></iframe><script>
          window.heard = []; addEventListener("message", ({ data }) => heard.push(JSON.stringify(data)))
          setInterval(() => frames[0].postMessage({ type: "tokenize", ask: 1 }, "*"), 20)</script>`
      )
      await page.goto(`${stranger.origin}/vault`)
      const fields = page.frameLocator("iframe")
      await fields.locator("#number").fill(cards.captured)
      await fields.locator("#expiry").fill("12 / 34")
      await fields.locator("#code").fill("123")
      await page.waitForTimeout(300)
      expect(await heardBy(page)).toEqual([])
      await context.close()
    })
  })
