import { createHash } from "node:crypto"

/** How a brand wants its checkout to look, as far as it may say: nothing that a person could not read. */
export interface Theme {
  readonly accent: string | undefined
  /** Of buttons and fields, in pixels. */
  readonly radius: number | undefined
  /** `auto` follows the customer's system. */
  readonly scheme: "light" | "dark" | "auto" | undefined
}

/** What of a session's theme is understood; the rest is passed over, because a payment matters more than its looks. */
export const readTheme = (theme: Readonly<Record<string, string>>): Theme => {
  const accent = (theme["accent"] ?? "").trim().toLowerCase()
  const radius = theme["radius"] ?? ""
  const scheme = theme["scheme"]
  return {
    accent: /^#([0-9a-f]{3}|[0-9a-f]{6})$/.test(accent) ? accent : undefined,
    radius: /^[0-9]{1,2}$/.test(radius) ? Math.min(Number(radius), 24) : undefined,
    scheme: scheme === "light" || scheme === "dark" || scheme === "auto" ? scheme : undefined
  }
}

/** Black or white, whichever is easier to read on a colour: one of them always has a contrast of 4.5. */
const readableOn = (colour: string): string => {
  const digits = colour.length === 4 ? colour.replaceAll(/[0-9a-f]/g, "$&$&") : colour
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(digits.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  const light = 0.2126 * red + 0.7152 * green + 0.0722 * blue
  return 1.05 / (light + 0.05) >= (light + 0.05) / 0.05 ? "#ffffff" : "#000000"
}

/** The one style that stands in the page itself, and the hash by which the policy knows it. */
export const themeStyle = (
  theme: Pick<Theme, "accent" | "radius">
): { readonly css: string; readonly hash: string } => {
  const { accent, radius } = theme
  const rules = [
    accent === undefined ? "" : `--accent:${accent};--on-accent:${readableOn(accent)};`,
    radius === undefined ? "" : `--radius:${radius}px;`
  ].join("")
  const css = `:root{${rules}}`
  return { css, hash: `'sha256-${createHash("sha256").update(css).digest("base64")}'` }
}
