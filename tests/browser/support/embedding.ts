import type { Frame, Page } from "playwright-core"
import { patience } from "./Scene.ts"

const events = [
  "ready",
  "processing",
  "authenticate",
  "declined",
  "inReview",
  "settled",
  "ended",
  "refused",
  "unavailable"
]

/** A page of a shop with the component in it, which writes down the events that it hears. */
export const shopPage = (origin: string, embedToken: string, more = ""): string => `<!doctype html>
<html lang="en"><title>a shop</title><h1>Your order</h1>
<script type="module" src="${origin}/embed/v1.js"></script>
<payment-checkout embed-token="${embedToken}"></payment-checkout>
<script>
  window.heard = []
  for (const type of ${JSON.stringify(events)})
    document.querySelector("payment-checkout").addEventListener(type, (event) =>
      heard.push(type + (event.detail?.stage ?? event.detail?.problem ?? "").replace(/^/, " ").trimEnd()))
  ${more}
</script></html>`

/** The checkout inside the component, whose root is closed to everybody, so it is looked for among all frames. */
export const checkoutIn = async (page: Page): Promise<Frame> => {
  for (let tries = 0; tries < patience / 50; tries++) {
    const found = page.frames().find((frame) => /\/pay\/ps_[^/]+\/[^/]+\/embedded/.test(frame.url()))
    if (found !== undefined) return found
    await page.waitForTimeout(50)
  }
  throw new Error(
    `no checkout among ${page
      .frames()
      .map((frame) => frame.url())
      .join(", ")}`
  )
}

/** The events that the shop's page has heard so far. */
export const heardBy = (page: Page): Promise<ReadonlyArray<string>> => page.evaluate("window.heard")

export const hears = (page: Page, event: string) =>
  page.waitForFunction(`window.heard.includes(${JSON.stringify(event)})`)
