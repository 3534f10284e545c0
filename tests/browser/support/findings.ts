import axe from "axe-core"
import type { Page } from "playwright-core"

/** What axe finds in a page and in every frame of it. */
export const findings = async (page: Page): Promise<ReadonlyArray<string>> => {
  const found: Array<string> = []
  for (const frame of page.frames().filter((one) => !one.url().startsWith("about:"))) {
    await frame.evaluate(axe.source)
    // A heading of the first level is the page's own; frames stand under it.
    const rules = { "page-has-heading-one": { enabled: frame === page.mainFrame() } }
    const result: axe.AxeResults = await frame.evaluate(
      `axe.run(document, ${JSON.stringify({ iframes: false, rules })})`
    )
    found.push(
      ...result.violations.map(
        ({ id, nodes }) =>
          `${id}: ${nodes.map(({ target, failureSummary }) => `${String(target)} ${failureSummary}`).join("; ")}`
      )
    )
  }
  return found
}
