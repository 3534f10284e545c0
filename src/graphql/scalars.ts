import { DateTime, Option, Predicate } from "effect"
import { GraphQLError, type ValueNode } from "graphql"
import { builder } from "./builder.ts"

builder.scalarType("DateTime", {
  description: "An instant as ISO 8601 with milliseconds, in UTC: `2026-11-20T10:00:00.000Z`.",
  serialize: (value) => (Predicate.isString(value) ? ofPostgres(value) : DateTime.formatIso(value)),
  parseValue: (value) => {
    const read =
      typeof value === "string" && zoned.test(value) && isDay(value.slice(0, 10))
        ? DateTime.make(value)
        : Option.none()
    if (Option.isSome(read) && recordable(read.value)) return DateTime.toUtc(read.value)
    throw new GraphQLError("DateTime is an instant with its offset: 2026-11-20T10:00:00Z")
  }
})

/** An instant as PostgreSQL tells it, in UTC: `2026-11-20T10:00:00.12+00:00`. */
const ofPostgres = (instant: string): string => {
  if (instant.length === 32) return `${instant.slice(0, 23)}Z`
  const end = instant.length - "+00:00".length
  const seconds = "2026-11-20T10:00:00".length
  return end === seconds
    ? `${instant.slice(0, end)}.000Z`
    : `${instant.slice(0, Math.min(end, 23)).padEnd(23, "0")}Z`
}

/** Without an offset it would mean another instant on every machine. */
const zoned = /^\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/

/** The thirtieth of February would be taken for a day in March. */
const isDay = (day: string): boolean =>
  Option.exists(DateTime.make(`${day}T00:00:00Z`), (read) => DateTime.formatIso(read).startsWith(day))

/** In the years that are written with four digits, and after the first. */
const recordable = (instant: DateTime.DateTime): boolean =>
  /^(?!0000)\d{4}-/.test(DateTime.formatIso(instant))

builder.scalarType("Json", {
  description: "Any JSON value, as it was recorded.",
  serialize: (value) => value,
  parseValue: () => {
    throw new GraphQLError("Json is not taken as input")
  }
})

/**
 * Numbers are taken as JSON has them and judged by the kernel, so that a fraction gets the same typed refusal
 * through every door. What is no number at all is refused here.
 */
const numeric = (name: "MinorUnits" | "WholeNumber", description: string) =>
  builder.scalarType(name, {
    description,
    serialize: (value) => value,
    parseValue: (value) => finite(name, value),
    parseLiteral: (node) =>
      finite(name, node.kind === "IntValue" || node.kind === "FloatValue" ? Number(node.value) : node.kind)
  })

const finite = (name: string, value: unknown): number => {
  if (typeof value === "number" && Number.isFinite(value)) return value
  throw new GraphQLError(`${name} is a number`)
}

numeric(
  "MinorUnits",
  "An amount of money in whole minor units (cents, yen). Up to twelve digits, which is more than an Int holds."
)
numeric(
  "WholeNumber",
  "A whole number. Any number is taken as input, and one that is not whole is refused by name."
)

builder.scalarType("Labels", {
  description: 'A JSON object of texts: `{ colour: "blue" }`.',
  serialize: (value) => value,
  parseValue: (value) => labels(value),
  parseLiteral: (node, variables) => labels(plain(node, variables))
})

const labels = (value: unknown): Readonly<Record<string, string>> => {
  if (isLabels(value)) return value
  throw new GraphQLError("Labels is an object of which every value is a text")
}

const isLabels = (value: unknown): value is Readonly<Record<string, string>> =>
  Predicate.isObject(value) && !Array.isArray(value) && Object.values(value).every(Predicate.isString)

/** The value of a literal, as far as labels may have one. */
const plain = (node: ValueNode, variables: Readonly<Record<string, unknown>> | null | undefined): unknown => {
  switch (node.kind) {
    case "StringValue":
      return node.value
    case "Variable":
      // Without variables only the document is judged; what they hold is judged when it is executed.
      return variables === undefined || variables === null ? "" : variables[node.name.value]
    case "ObjectValue":
      return Object.fromEntries(node.fields.map(({ name, value }) => [name.value, plain(value, variables)]))
    default:
      return undefined
  }
}
