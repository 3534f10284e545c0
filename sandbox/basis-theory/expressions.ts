import { dataNow, findToken, tokenObject } from "./tokens.ts"
import { findIntent } from "./intents.ts"
import { Problem } from "./Problem.ts"
import type { World } from "./world.ts"

/** An expression in a body: `{{ … }}`. */
const expression = /\{\{\s*([^}]*?)\s*\}\}/g
const mostTokens = 20

const refused = (detail: string) => new Problem(400, "Invalid proxy request", detail)

/** `$.data.number`, `$['number']`, `$.list[0]`: paths that name one value. A missing one is null. */
const alongPath = (value: unknown, path: string): unknown => {
  const steps = path.replace(/^\$/, "").match(/\.\w+|\[\d+\]|\['[^']*'\]|\["[^"]*"\]/g) ?? []
  if (`$${steps.join("")}` !== path) throw refused(`Invalid JSON path: ${path}`)
  return steps.reduce<unknown>((at, step) => {
    const name = step.replace(/^\.|^\[['"]?|['"]?\]$/g, "")
    return typeof at === "object" && at !== null
      ? (Object.entries(at).find(([key]) => key === name)?.[1] ?? null)
      : null
  }, value)
}

const textOf = (value: unknown): string =>
  value === null || value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value)

const expiry = (card: unknown, format: string): string => {
  const month = textOf(alongPath(card, "$.expiration_month")).padStart(2, "0")
  const year = textOf(alongPath(card, "$.expiration_year"))
  if (year === "" || !/^(MM|YY|[/_-])+$/.test(format)) throw refused(`Cannot write an expiry as ${format}`)
  return format.replaceAll("YYYY", year).replaceAll("YY", year.slice(-2)).replaceAll("MM", month)
}

type Filter = (value: unknown, first: string, second: string) => unknown

const filters: Readonly<Record<string, Filter>> = {
  json: alongPath,
  card_exp: expiry,
  pad_left: (value, length, fill) => textOf(value).padStart(Number(length), fill === "" ? " " : fill),
  pad_right: (value, length, fill) => textOf(value).padEnd(Number(length), fill === "" ? " " : fill),
  to_string: textOf,
  stringify: textOf,
  upcase: (value) => textOf(value).toUpperCase(),
  downcase: (value) => textOf(value).toLowerCase(),
  append: (value, end) => textOf(value) + end,
  prepend: (value, start) => start + textOf(value),
  remove: (value, what) => textOf(value).replaceAll(what, ""),
  last4: (value) => textOf(value).slice(-4),
  slice: (value, start, length) => {
    const from = Number(start) < 0 ? textOf(value).length + Number(start) : Number(start)
    return textOf(value).slice(from, from + (length === "" ? 1 : Number(length)))
  },
  default: (value, other) => (value === null || value === "" ? other : value)
}

/** Splits at a character outside of quotes. */
const splitOutside = (text: string, at: string): ReadonlyArray<string> => {
  const parts = [""]
  let quote = ""
  for (const letter of text) {
    if (quote === "" && letter === at) {
      parts.push("")
      continue
    }
    if (quote === "" && (letter === "'" || letter === '"')) quote = letter
    else if (letter === quote) quote = ""
    parts[parts.length - 1] = `${parts.at(-1) ?? ""}${letter}`
  }
  return parts.map((part) => part.trim())
}

const unquoted = (text: string) => /^(['"])(.*)\1$/s.exec(text)?.[2] ?? text

/** The ids that a text asks for, each once. */
const idsIn = (text: string): ReadonlySet<string> =>
  new Set(
    [...text.matchAll(expression)].map(([, inside = ""]) =>
      (splitOutside(inside, "|")[0] ?? "").replace(/^(token|token_intent):\s*/, "")
    )
  )

/**
 * Puts the data of tokens in the place of expressions. `token: <id>` is the whole token, `<id>` alone its data, so
 * the number is `$.data.number` of one and `$.number` of the other.
 */
export class Detokenizer {
  readonly #world: World
  readonly #tenant: string
  /** The numbers of the cards that were put in. */
  readonly numbers = new Set<string>()

  constructor(world: World, tenant: string) {
    this.#world = world
    this.#tenant = tenant
  }

  /** Refuses what could not be put in, all of it at once and before anything is sent. */
  check(text: string): void {
    const ids = [...idsIn(text)]
    const unknown = ids.filter((id) => this.#find(id) === undefined)
    if (unknown.length > 0) throw refused(`Failed to detokenize some tokens: ${unknown.join(", ")}`)
    if (ids.length > mostTokens)
      throw refused(`At most ${mostTokens} tokens may be detokenized in one request`)
  }

  /** A text with its expressions replaced; null and what is missing become nothing. */
  text(text: string): string {
    return text.replace(expression, (_, inside: string) => textOf(this.#value(inside)))
  }

  /** A JSON value whose texts have their expressions replaced; one that is nothing else may become an object. */
  json(value: unknown): unknown {
    if (typeof value === "string") {
      const alone = /^\{\{\s*([^}]*?)\s*\}\}$/.exec(value)
      if (alone === null) return this.text(value)
      const found = this.#value(alone[1] ?? "")
      return found === null || typeof found === "object" ? found : textOf(found)
    }
    if (Array.isArray(value)) return value.map((one) => this.json(one))
    if (typeof value === "object" && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, this.json(one)]))
    }
    return value
  }

  #find(id: string): { readonly whole: unknown; readonly data: unknown } | undefined {
    const token = findToken(this.#world, this.#tenant, id)
    if (token !== undefined) {
      const data = dataNow(this.#world, token)
      return { whole: { ...tokenObject({ type: "private" }, token), data }, data }
    }
    const intent = findIntent(this.#world, this.#tenant, id)
    return intent === undefined ? undefined : { whole: { ...intent }, data: intent.data }
  }

  #value(inside: string): unknown {
    const [subject = "", ...applied] = splitOutside(inside, "|")
    const whole = /^(token|token_intent):\s*/.test(subject)
    const found = this.#find(subject.replace(/^(token|token_intent):\s*/, ""))
    if (found === undefined) throw refused(`Failed to detokenize some tokens: ${subject}`)
    const number = alongPath(found.data, "$.number")
    if (typeof number === "string") this.numbers.add(number)
    return applied.reduce<unknown>(
      (value, part) => {
        const [name = "", ...given] = splitOutside(part, ":")
        const filter = filters[name]
        if (filter === undefined) throw refused(`Unknown filter: ${name}`)
        const [first = "", second = ""] = splitOutside(given.join(":"), ",").map(unquoted)
        return filter(value, first, second)
      },
      whole ? found.whole : found.data
    )
  }
}
