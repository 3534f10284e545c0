import type { Fields } from "../plumbing/Fields.ts"
import { integer } from "./parameters.ts"
import type { Intent } from "./records.ts"
import { invalid } from "./StripeRefusal.ts"

const clause =
  /^\s*(-?)(?:metadata\[(?:"([^"]*)"|'([^']*)')\]|(\w+))\s*(:|>=|<=|>|<)\s*(?:"([^"]*)"|'([^']*)'|(\d+))\s*$/

const valueOf = (intent: Intent, field: string): string | number | null =>
  ({
    status: intent.status,
    currency: intent.currency,
    customer: intent.customer,
    amount: intent.amount,
    created: intent.created
  })[field] ?? null

const compare: Readonly<Record<string, (left: number, right: number) => boolean>> = {
  ":": (left, right) => left === right,
  ">": (left, right) => left > right,
  "<": (left, right) => left < right,
  ">=": (left, right) => left >= right,
  "<=": (left, right) => left <= right
}

/** The search language as far as the emulator knows it: clauses joined by AND. */
const parse = (query: string): ((intent: Intent) => boolean) => {
  const tests = query.split(/\s+AND\s+/i).map((part) => {
    const match = clause.exec(part)
    if (match === null) throw invalid(`The sandbox cannot parse this part of the query: ${part}`, "query")
    const [, minus, doubleKey, singleKey, field = "", operator = ":", doubled, single, number] = match
    const key = doubleKey ?? singleKey
    const wanted = doubled ?? single ?? number ?? ""
    return (intent: Intent) => {
      const value = key === undefined ? valueOf(intent, field) : (intent.metadata[key] ?? null)
      const found =
        typeof value === "number"
          ? (compare[operator]?.(value, Number(wanted)) ?? false)
          : value === wanted && operator === ":"
      return minus === "-" ? !found : found
    }
  })
  return (intent) => tests.every((test) => test(intent))
}

/** Finds intents, newest first, among those that the index has caught up with. */
export const searchIntents = (
  fields: Fields,
  indexed: ReadonlyArray<Intent>,
  show: (intent: Intent) => unknown
) => {
  const query = fields.get("query")
  if (query === undefined) throw invalid("Missing required param: query.", "query", "parameter_missing")
  const limit = integer(fields, "limit") ?? 10
  const start = Number(fields.get("page") ?? 0)
  const found = indexed.filter(parse(query)).toReversed()
  const more = found.length > start + limit
  return {
    object: "search_result",
    url: "/v1/payment_intents/search",
    has_more: more,
    next_page: more ? String(start + limit) : null,
    data: found.slice(start, start + limit).map(show)
  }
}
