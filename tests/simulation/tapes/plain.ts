import { DateTime, Duration, Predicate } from "effect"
import { isDeepStrictEqual } from "node:util"
import { SendPermit } from "../../../src/kernel/cascade/SendPermit.ts"

/** A value as data that a person can read and two storages can be compared by: no classes, no absent fields. */
export const toPlain = (value: unknown): unknown => {
  if (value instanceof SendPermit) return toPlain(value.attempt)
  if (DateTime.isDateTime(value)) return DateTime.formatIso(value)
  if (Duration.isDuration(value)) return `${Duration.toMillis(value)} ms`
  if (Array.isArray(value)) return value.map(toPlain)
  if (!Predicate.isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, part]) => part !== undefined)
      .map(([name, part]) => [name, toPlain(part)])
  )
}

/** Where two plain values differ, each place as one line. */
export const differences = (model: unknown, postgres: unknown, at = ""): ReadonlyArray<string> => {
  if (isDeepStrictEqual(model, postgres)) return []
  const areParted = Predicate.isObjectOrArray(model) && Predicate.isObjectOrArray(postgres)
  if (!areParted || Array.isArray(model) !== Array.isArray(postgres)) {
    return [`${at === "" ? "" : `${at}: `}the model ${show(model)}, PostgreSQL ${show(postgres)}`]
  }
  const [here, there] = [new Map(Object.entries(model)), new Map(Object.entries(postgres))]
  return [...new Set([...here.keys(), ...there.keys()])].flatMap((name) =>
    differences(here.get(name), there.get(name), at === "" ? name : `${at}.${name}`)
  )
}

/** What a person does not read in a long line: it is the same in every statement of a history. */
const quiet = new Set([
  "customer",
  "brand",
  "entity",
  "category",
  "mode",
  "theme",
  "metadata",
  "intent",
  "currency",
  "decision",
  "inputs",
  "leftOut",
  "policyVersion"
])

const longest = 400

/** A plain value in one line; of ids the end, by which they differ. */
export const show = (value: unknown): string => {
  if (value === undefined) return "nothing"
  const text = JSON.stringify(value, (name, part: unknown) => {
    if (quiet.has(name)) return undefined
    return typeof part === "string" && part.length > 60 ? `${part.slice(0, 20)}…` : part
  })
    .replaceAll(/(ps|at)_[0-9A-Z]{22}/g, "$1_…")
    .replaceAll('"', "")
  return text.length > longest ? `${text.slice(0, longest)}…` : text
}
