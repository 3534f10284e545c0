import { ar } from "./ar.ts"
import { de } from "./de.ts"
import { en } from "./en.ts"
import type { Messages } from "./Messages.ts"

/** The languages of the checkout. Another one is a file beside these, and a line here. */
export const catalogue: ReadonlyArray<Messages> = [en, de, ar]

/**
 * The language of a page: the one that the session's theme names, else the first one of the browser's that there is,
 * else English.
 */
export const messagesFor = (named: string | undefined, acceptLanguage: string | undefined): Messages => {
  const wanted = [
    ...(named === undefined ? [] : [named]),
    ...(acceptLanguage ?? "")
      .slice(0, 200)
      .split(",")
      .map((one) => {
        const [tag = "", ...parameters] = one.trim().split(/ *; */)
        const quality = Number(parameters.find((text) => text.startsWith("q="))?.slice(2) ?? "1")
        return { tag, quality }
      })
      .filter(({ quality }) => quality > 0)
      .toSorted((one, other) => other.quality - one.quality)
      .map(({ tag }) => tag)
  ]
  for (const tag of wanted) {
    const [language = ""] = tag.toLowerCase().split("-")
    const found = catalogue.find(({ locale }) => locale === language)
    if (found !== undefined) return found
  }
  return en
}

/** Puts what is meant into a message. */
export const fill = (message: string, values: Readonly<Record<string, string>>): string =>
  message.replaceAll(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole)
