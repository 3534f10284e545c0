import packed from "@sparticuz/chromium"
import { type Browser, chromium } from "playwright-core"

/**
 * The Chromium of the npm package, started as browsers are that people use: with the walls between sites that its own
 * arguments would take down.
 */
export const openChromium = async (): Promise<Browser> =>
  chromium.launch({
    executablePath: await packed.executablePath(),
    args: [
      "--no-sandbox",
      "--no-zygote",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      "--font-render-hinting=none"
    ]
  })
