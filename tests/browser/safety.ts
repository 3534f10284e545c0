import { describe, expect, it } from "vitest"
import { cards, openPage, patience, press, ready, type Scene, shows, type } from "./support/Scene.ts"

/** What a page of the checkout lets nobody do to it, and how that is noticed. */
export const safety = (scene: () => Scene) =>
  describe("the safety of the page", () => {
    it("allows no script but its own, each compared with its hash, and no frame but the vault's", async () => {
      const { payments } = scene()
      const { url = "" } = await payments.declare()
      const page = await fetch(url)
      const policy = new Map(
        (page.headers.get("content-security-policy") ?? "")
          .split("; ")
          .map((part) => [part.split(" ")[0] ?? "", part.split(" ").slice(1).join(" ")])
      )
      expect(policy.get("default-src")).toBe("'none'")
      expect(policy.get("script-src")).toBe("'self'")
      expect(policy.get("connect-src")).toBe("'self'")
      expect(policy.get("frame-src")).toMatch(/^'self' http:\/\/127\.0\.0\.1:\d+$/)
      expect(policy.get("frame-ancestors")).toBe("'none'")
      expect(policy.get("form-action")).toBe("'none'")
      expect(policy.get("base-uri")).toBe("'none'")
      expect(policy.get("require-trusted-types-for")).toBe("'script'")
      expect(policy.get("trusted-types")).toBe("'none'")
      expect(policy.get("style-src")).not.toContain("unsafe")
      expect(page.headers.get("referrer-policy")).toBe("no-referrer")
      expect(page.headers.get("cache-control")).toBe("no-store")
      expect(page.headers.get("set-cookie")).toBe(null)
      const text = await page.text()
      for (const [tag] of text.matchAll(
        /<(?:script|link)[^>]*(?:src|rel="(?:modulepreload|stylesheet)")[^>]*>/g
      ))
        expect(tag).toMatch(/integrity="sha384-/)
      expect(text).not.toMatch(/<script(?![^>]*(?:src=|application\/json))/)
      expect(text).not.toMatch(/\son\w+=|style="/)
      const inventory: ReadonlyArray<{ readonly script: string; readonly integrity: string }> = await (
        await fetch(`${payments.origin}/checkout/inventory`)
      ).json()
      for (const [, source = ""] of text.matchAll(/<script[^>]* src="([^"]*)"/g))
        expect(inventory.map(({ script }) => script)).toContain(source)
    })

    it("runs no script that was changed on its way", async () => {
      const { browser, payments } = scene()
      for (const changed of ["page", "door"]) {
        const { page, context, wrong } = await openPage(browser)
        await page.route(new RegExp(`/${changed}\\.js$`), async (route) => {
          const response = await route.fetch()
          await route.fulfill({ response, body: `${await response.text()}\n;window.skimmed = true` })
        })
        await page.goto((await payments.declare()).url ?? "")
        await expect.poll(() => wrong.join(), { timeout: patience }).toMatch(/integrity/)
        expect(await page.evaluate("window.skimmed")).toBe(undefined)
        expect(await page.locator("form button").isDisabled()).toBe(true)
        await context.close()
      }
    })

    it("keeps a skimmer from running and from sending, and tells of it", async () => {
      const { browser, payments, stranger } = scene()
      stranger.show("/skim.js", "window.skimmed = true")
      const { page, context } = await openPage(browser)
      const told: Array<string> = []
      page.on("request", (request) => {
        if (request.url().endsWith("/checkout/reports")) told.push(request.postData() ?? "")
      })
      await page.goto((await payments.declare()).url ?? "")
      await ready(page)
      // As an injection would leave it in the page: put there by nobody's script that is trusted.
      const sent: unknown = await page.evaluate(`(async () => {
        for (const make of [
          () => Object.assign(document.createElement("script"), { src: ${JSON.stringify(`${stranger.origin}/skim.js`)} }),
          () => Object.assign(document.createElement("form"), { action: ${JSON.stringify(stranger.origin)} }),
          () => Object.assign(document.createElement("iframe"), { src: ${JSON.stringify(stranger.origin)} }),
          // A frame that its maker fills, and a field beside the vault's.
          () => Object.assign(document.createElement("iframe"), { src: "about:blank", name: "false" }),
          () => Object.assign(document.createElement("input"), { autocomplete: "cc-number" })
        ]) try { document.body.append(make()) } catch (error) { /* trusted types */ }
        try {
          const inline = document.createElement("div")
          inline.setAttribute("onclick", "window.skimmed = true")
          document.body.append(inline)
          inline.click()
        } catch (error) { /* trusted types */ }
        try { trustedTypes.createPolicy("skim", { createScript: (text) => text }); return "a policy" } catch { /* none may be made */ }
        return fetch(${JSON.stringify(stranger.origin)}).then(() => "sent", () => "kept")
      })()`)
      expect(sent).toBe("kept")
      await expect
        .poll(() => payments.heard().toString("latin1"), { timeout: patience })
        .toMatch(/a checkout held what does not belong there/)
      expect(await page.evaluate("window.skimmed")).toBe(undefined)
      for (const found of ['"element":"form"', '"element":"input"', '"element":"iframe","origin":"none"'])
        await expect.poll(() => told.join(), { timeout: patience }).toContain(found)
      // The page goes on: the customer pays.
      await type(page, cards.captured)
      await press(page)
      await shows(page, "paid")
      await context.close()
    })

    it("sends the customer nowhere but to the brand's own origins", async () => {
      const { browser, payments, shop } = scene()
      const { page, context } = await openPage(browser)
      const session = await payments.declare()
      // The brand has given the shop's origin up since the session was declared.
      await payments.sql(
        `update payments.brands set redirect_origins = array_remove(redirect_origins, '${shop.origin}') where brand_id = 'loop-health'`
      )
      await payments.ask(`/v1/payment-sessions/${session.id}/confirm`, {
        vaultToken: { vaultId: "stub", tokenRef: "tok_captured" }
      })
      await expect
        .poll(async () => (await (await fetch(session.url ?? "")).text()).includes(shop.origin), {
          timeout: patience
        })
        .toBe(false)
      await page.goto(session.url ?? "")
      await shows(page, "paid")
      expect(await page.locator("main a:visible").count()).toBe(0)
      await payments.sql(
        `update payments.brands set redirect_origins = redirect_origins || array['${shop.origin}'] where brand_id = 'loop-health'`
      )
      await context.close()
    })
  })
