import { describe, expect, it } from "vitest"
import { catalogue, fill, messagesFor } from "../../../src/http/checkout/messages/catalogue.ts"
import { en } from "../../../src/http/checkout/messages/en.ts"
import type { Messages } from "../../../src/http/checkout/messages/Messages.ts"
import { contrastOf, readTheme, themeStyle } from "../../../src/http/checkout/theme.ts"
import { amountText } from "../../../src/http/checkout/view.ts"

/** Every text of a language, by its place. */
const textsOf = (part: object, place = ""): ReadonlyArray<readonly [place: string, text: string]> =>
  Object.entries(part).flatMap(([name, value]: [string, unknown]) =>
    typeof value === "object" && value !== null
      ? textsOf(value, `${place}${name}.`)
      : [[`${place}${name}`, String(value)] as const]
  )

const holes = (text: string): ReadonlyArray<string> => (text.match(/\{\w+\}/g) ?? []).toSorted()

describe.each(catalogue.map((one): [string, Messages] => [one.locale, one]))(
  "the checkout in %s",
  (_, messages) => {
    it("says everything, and fills in what English fills in", () => {
      const english = new Map(textsOf(en))
      for (const [place, text] of textsOf(messages)) {
        expect(text.trim(), place).not.toBe("")
        if (place === "locale" || place === "direction") continue
        expect(new Set(holes(text)), place).toEqual(new Set(holes(english.get(place) ?? "")))
      }
    })

    it("is not English where it is another language", () => {
      if (messages.locale === "en") return
      const english = new Map(textsOf(en))
      const same = textsOf(messages).filter(([place, text]) => english.get(place) === text)
      expect(same.map(([place]) => place).filter((place) => !/direction|expiryForm/.test(place))).toEqual([])
    })

    it("never calls an unknown outcome failed, and asks nobody to pay again", () => {
      const { in_review, processing, authenticate } = messages.stages
      for (const { heading, text } of [in_review, processing, authenticate])
        expect(`${heading} ${text}`).not.toMatch(/fail|fehlgeschlagen|gescheitert|فشل/i)
    })
  }
)

describe("the language of a page", () => {
  it.each([
    [undefined, undefined, "en"],
    [undefined, "de-AT,de;q=0.9,en;q=0.8", "de"],
    [undefined, "fr-FR, en;q=0.3, ar;q=0.7", "ar"],
    [undefined, "fr", "en"],
    [undefined, "de;q=0, ar;q=0.1", "ar"],
    ["de", "ar", "de"],
    ["xx", "ar", "ar"],
    [undefined, "*;;;,=", "en"]
  ])("named %s, asked for by %s, is %s", (named, asked, locale) => {
    expect(messagesFor(named, asked).locale).toBe(locale)
  })

  it("leaves what nobody filled in, so that it is seen", () => {
    expect(fill("Pay {brand} {nothing}", { brand: "{amount}" })).toBe("Pay {amount} {nothing}")
  })

  it("writes amounts as it does, of every number of decimals", () => {
    const [english, german, arabic] = [en, messagesFor("de", undefined), messagesFor("ar", undefined)]
    expect(amountText(123_456, "USD", english)).toBe("$1,234.56")
    expect(amountText(1250, "JPY", english)).toBe("¥1,250")
    expect(amountText(123_456, "EUR", german)).toBe("1.234,56\u00a0€")
    // Its own direction is kept apart from the text around it.
    expect(amountText(4900, "USD", arabic)).toMatch(/^\u2066[^\u200f]*49\.00[^\u200f]*\u2069$/)
  })
})

describe("a brand's theme", () => {
  it("is taken as far as it is a colour and a size, and as nothing else", () => {
    expect(readTheme({ accent: " #0AA ", radius: "4", scheme: "dark" })).toEqual({
      accent: "#0aa",
      radius: 4,
      scheme: "dark"
    })
    for (const accent of ["red", "#12", "#12345", "url(x)", "#000;}", ""]) {
      expect(readTheme({ accent }).accent, accent).toBeUndefined()
    }
    expect(readTheme({ radius: "99" }).radius).toBe(24)
    expect(readTheme({ radius: "-1" }).radius).toBeUndefined()
  })

  /** What a style sets by day, or by night. */
  const colourIn = (css: string, name: string, night = false): string =>
    new RegExp(`--${name}:(#[0-9a-f]{6});`).exec(night ? css.slice(css.indexOf("@media")) : css)?.[1] ??
    "none"

  it("has a button that can be seen on its page, by day and by night, and text on it that can be read", () => {
    for (const accent of [
      "#ffffff",
      "#fffffe",
      "#000",
      "#0a0a0a",
      "#171b22",
      "#ffd400",
      "#1f4fd8",
      "#0aa",
      undefined
    ]) {
      const { css } = themeStyle({ accent })
      for (const night of [false, true]) {
        const [button, text, paper] = ["accent", "on-accent", "paper"].map((name) =>
          colourIn(css, name, night)
        )
        expect(contrastOf(button ?? "", paper ?? ""), `${accent} ${night}`).toBeGreaterThanOrEqual(3)
        expect(contrastOf(text ?? "", button ?? ""), `${accent} ${night}`).toBeGreaterThanOrEqual(4.5)
      }
    }
  })

  it("leaves a colour as it is where it can be seen, and every text of the page can be read", () => {
    expect(colourIn(themeStyle({ accent: "#0a7d5a" }).css, "accent")).toBe("#0a7d5a")
    // White on white and black on black become ink: grey looks like a button that cannot be pressed.
    for (const accent of ["#fff", "#000000"])
      for (const night of [false, true]) {
        const colour = colourIn(themeStyle({ accent }).css, "accent", night)
        expect(["#161a22", "#eef1f6", "#000000", "#ffffff"]).toContain(colour)
      }
    const { css } = themeStyle({})
    for (const night of [false, true])
      for (const [text, on] of [
        ["ink", "ground"],
        ["ink", "paper"],
        ["soft", "ground"],
        ["soft", "paper"],
        ["bad", "paper"],
        ["bad", "bad-paper"]
      ] as const)
        expect(contrastOf(colourIn(css, text, night), colourIn(css, on, night))).toBeGreaterThanOrEqual(4.5)
  })

  it("follows the customer's system unless it is told", () => {
    expect(themeStyle({ scheme: "auto" }).css).toContain("@media (prefers-color-scheme:dark)")
    for (const scheme of ["light", "dark"] as const) {
      const { css } = themeStyle({ scheme })
      expect(css).not.toContain("@media")
      expect(css).toContain(`color-scheme:${scheme};`)
    }
  })
})
