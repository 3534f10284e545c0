/** What an answer is, as far as it is nobody's fault. */
export interface Heard {
  readonly status: number
  readonly text: string
}

const leaks: ReadonlyArray<readonly [string, RegExp]> = [
  ["a stack", /\bat \S+ \(?(file:|node:|\/)|\.ts:\d+|node_modules/],
  [
    "SQL",
    /\bselect\b[^"]{0,200}\bfrom payments\.|SQLSTATE|SqlError|PgConnection|violates \w+ constraint|relation \\?"/i
  ],
  ["a suggestion", /Did you mean/i],
  ["a name of the code", /"_tag"|TaggedError|FiberFailure|ParseError|RangeError|TypeError/]
]

/** What is wrong with an answer; undefined when nothing is. */
export const faultOf = ({ status, text }: Heard, isGraphql: boolean): string | undefined => {
  if (status >= 500) return `it broke: ${status} ${text.slice(0, 200)}`
  if (/"code":"(internal|INTERNAL|INTERNAL_SERVER_ERROR|UNEXPECTED)"/.test(text))
    return `it broke inside: ${text.slice(0, 300)}`
  for (const [what, shape] of leaks) if (shape.test(text)) return `it tells ${what}: ${shape.exec(text)?.[0]}`
  if (!isGraphql) return undefined
  try {
    const json: unknown = JSON.parse(text)
    if (typeof json !== "object" || json === null || !("data" in json || "errors" in json))
      return "it is no answer of GraphQL"
  } catch {
    return `it is no JSON: ${text.slice(0, 100)}`
  }
  return undefined
}
