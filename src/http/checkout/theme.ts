import { createHash } from "node:crypto"

/** How a brand wants its checkout to look, as far as it may say: nothing that a person could not read. */
export interface Theme {
  readonly accent?: string | undefined
  /** Of buttons and fields, in pixels. */
  readonly radius?: number | undefined
  /** `auto` follows the customer's system. */
  readonly scheme?: "light" | "dark" | "auto" | undefined
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

/** The checkout's colours by day and by night; `paper` is what buttons and fields stand on. */
const palettes = {
  light: {
    ground: "#f3f5f8",
    paper: "#ffffff",
    ink: "#161a22",
    soft: "#545f6e",
    line: "#d5dbe3",
    field: "#8b95a3",
    good: "#0d6b3f",
    "good-paper": "#e6f5ec",
    bad: "#b3201f",
    "bad-paper": "#fdecec",
    wait: "#7a4d00",
    "wait-paper": "#fff4dc"
  },
  dark: {
    ground: "#0e1116",
    paper: "#171b22",
    ink: "#eef1f6",
    soft: "#a7b1bf",
    line: "#2c333e",
    field: "#76818f",
    good: "#6fd6a0",
    "good-paper": "#10271c",
    bad: "#ff9a94",
    "bad-paper": "#331715",
    wait: "#f2c56b",
    "wait-paper": "#2c220e"
  }
} as const

const standardAccent = "#1f4fd8"

const partsOf = (colour: string): ReadonlyArray<number> => {
  const digits = colour.length === 4 ? colour.replaceAll(/[0-9a-f]/g, "$&$&") : colour
  return [1, 3, 5].map((at) => Number.parseInt(digits.slice(at, at + 2), 16))
}

const lightOf = (colour: string): number => {
  const [red = 0, green = 0, blue = 0] = partsOf(colour).map((part) =>
    part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4
  )
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/** The contrast of two colours, from 1 to 21, as WCAG counts it. */
export const contrastOf = (one: string, other: string): number => {
  const [dark = 0, light = 0] = [lightOf(one), lightOf(other)].toSorted((a, b) => a - b)
  return (light + 0.05) / (dark + 0.05)
}

/** Black or white, whichever is easier to read on a colour: one of them always has a contrast of 4.5. */
const readableOn = (colour: string): string =>
  contrastOf(colour, "#ffffff") >= contrastOf(colour, "#000000") ? "#ffffff" : "#000000"

/**
 * A colour whose shape can be seen on a paper: moved away from it as far as it has to be. A grey would look like a button
 * that cannot be pressed, so one that is nearly none becomes ink.
 */
const visibleOn = (
  { paper, ink }: { readonly paper: string; readonly ink: string },
  colour: string
): string => {
  const parts = partsOf(colour)
  if (contrastOf(colour, paper) < 3 && Math.max(...parts) - Math.min(...parts) < 32) return ink
  const away = partsOf(readableOn(paper))
  for (let part = 0; ; part += 0.05) {
    const moved = parts
      .map((one, at) => Math.round(one + ((away[at] ?? 0) - one) * Math.min(part, 1)))
      .map((one) => one.toString(16).padStart(2, "0"))
    const mixed = `#${moved.join("")}`
    if (part >= 1 || contrastOf(mixed, paper) >= 3) return mixed
  }
}

const rules = (scheme: "light" | "dark", accent: string): string => {
  const palette = palettes[scheme]
  const seen = visibleOn(palette, accent)
  const colours = Object.entries({ ...palette, accent: seen, "on-accent": readableOn(seen) })
  return `color-scheme:${scheme};${colours.map(([name, colour]) => `--${name}:${colour};`).join("")}`
}

/** The one style that stands in the page itself, and the hash by which the policy knows it: its colours and its form. */
export const themeStyle = ({
  accent = standardAccent,
  radius,
  scheme = "auto"
}: Theme): { readonly css: string; readonly hash: string } => {
  const form = radius === undefined ? "" : `--radius:${radius}px;`
  const day = `:root{${rules(scheme === "dark" ? "dark" : "light", accent)}${form}}`
  const night = `@media (prefers-color-scheme:dark){:root{${rules("dark", accent)}}}`
  const css = scheme === "auto" ? `${day}${night}` : day
  return { css, hash: `'sha256-${createHash("sha256").update(css).digest("base64")}'` }
}
