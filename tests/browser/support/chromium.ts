import packed, { inflate } from "@sparticuz/chromium"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { type Browser, chromium } from "playwright-core"

/** A Chromium of somebody's own, for machines that the one of the npm package does not run on. */
const own = process.env["CHROMIUM_PATH"]

/** Whether there is a Chromium here: the npm package has one for Linux on x64. */
export const hasChromium = own !== undefined || (process.platform === "linux" && process.arch === "x64")

/** Started as browsers are that people use: with the walls between sites that the package's own arguments take down. */
const launch = (executablePath: string, more: Readonly<Record<string, string>> = {}): Promise<Browser> =>
  chromium.launch({
    executablePath,
    env: { ...process.env, ...more },
    args: [
      "--no-sandbox",
      "--no-zygote",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      "--font-render-hinting=none"
    ]
  })

export const openChromium = async (): Promise<Browser> => {
  if (own !== undefined) return launch(own)
  const executablePath = await packed.executablePath()
  try {
    return await launch(executablePath)
  } catch (error) {
    // A machine without the libraries that a browser wants: the package has them beside it.
    if (!/shared librar/.test(String(error))) throw error
    const entry = fileURLToPath(import.meta.resolve("@sparticuz/chromium"))
    await inflate(join(dirname(entry), "..", "bin", "al2023.tar.br"))
    return launch(executablePath, {
      LD_LIBRARY_PATH: join(tmpdir(), "al2023", "lib"),
      FONTCONFIG_PATH: join(tmpdir(), "fonts")
    })
  }
}
