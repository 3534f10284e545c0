import { SchemaIssue } from "effect"
import type { HttpApiError } from "effect/http-api"
import { withoutCardNumber } from "../kernel/cardNumbers.ts"
import { MalformedRequest, type Problem } from "./doorRefusals.ts"

/** More problems than this help nobody. */
const mostProblems = 10

/** What a schema found, told field by field. Values are never repeated: one may be a card number. */
export const malformed = (error: HttpApiError.HttpApiSchemaError): MalformedRequest =>
  malformedBy(error.cause.issue, error.kind === "Headers")

/** The same of a body that is read by hand. */
export const malformedBy = (issue: SchemaIssue.Issue, inHeaders = false): MalformedRequest => {
  const [first, ...others] = toProblems(issue).issues.map(({ path = [], message }): Problem => ({
    field: inHeaders ? headerName(path) : fieldPath(path),
    problem: expectation(message)
  }))
  return new MalformedRequest({
    problems: [first ?? { field: null, problem: "cannot be read" }, ...others.slice(0, mostProblems - 1)]
  })
}

type Path = ReadonlyArray<PropertyKey | { readonly key: PropertyKey }>

/** `intent.lineItems[1].quantity`; null for the body as a whole. */
const fieldPath = (path: Path): string | null => {
  const text = path.reduce<string>((sofar, segment) => {
    const key = typeof segment === "object" ? segment.key : segment
    if (typeof key === "number") return `${sofar}[${key}]`
    return sofar === "" ? shortened(key) : `${sofar}.${shortened(key)}`
  }, "")
  return text === "" ? null : text
}

/** A name that the caller made up may be anything. */
const shortened = (key: PropertyKey): string => withoutCardNumber(String(key)).slice(0, 60)

/** `idempotency-key` as people write it. */
const headerName = (path: Path): string | null =>
  fieldPath(path)?.replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase()) ?? null

const toProblems = SchemaIssue.makeFormatterStandardSchemaV1({
  leafHook: (issue) => {
    switch (issue._tag) {
      case "MissingKey":
        return "is missing"
      case "UnexpectedKey":
        return "is not a field of this request; take it out, or correct its name"
      default:
        return SchemaIssue.defaultLeafHook(issue)
    }
  },
  checkHook: (issue) =>
    SchemaIssue.defaultCheckHook(issue) ?? "is not of the form that the reference at /docs describes"
})

/** `Expected string` becomes `should be a string`. Names of schemas are nothing to a caller. */
const expectation = (message: string): string => {
  const expected = /^Expected (.+)$/s.exec(message)?.[1]
  if (expected === undefined) return message
  return `should be ${/^[A-Z]/.test(expected) ? "an object" : (known[expected] ?? expected)}`
}

const known: Readonly<Record<string, string>> = {
  string: "a string",
  number: "a number",
  object: "an object",
  array: "an array",
  "a valid JSON body": "valid JSON"
}
