import type { Document } from "./documents.ts"
import type { Draws } from "./draws.ts"

// What nobody sends who means well.

const pieces = [
  "{",
  "}",
  "(",
  ")",
  "[",
  "]",
  ":",
  "!",
  "$",
  "@skip(if: true)",
  "@deprecated",
  "...",
  "...F0",
  "... on Entity { __typename }",
  '"',
  '"""',
  "\\u0000",
  "\u0000",
  "\ud800",
  "#",
  ",",
  "&",
  "|",
  "__schema { types { name } }",
  "fragment F0 on Query { ...F0 }",
  "query Q { __typename }",
  'subscription S { sessionChanged(session: "x") { state } }',
  "extend type Query { hacked: Int }",
  "9".repeat(40),
  "1e400",
  "-",
  "null",
  "'; drop table payments.attempts; --",
  "4242 4242 4242 4242",
  "😀",
  "a".repeat(300)
]

/** The text with a few slips in it: something cut out, put in, doubled, exchanged or cut off. */
const slipped = (text: string, draws: Draws): string => {
  let now = text
  for (let slips = 1 + draws.below(3); slips > 0; slips--) {
    const at = draws.below(now.length + 1)
    const to = at + draws.below(20)
    switch (draws.below(6)) {
      case 0:
        now = now.slice(0, at) + now.slice(to)
        break
      case 1:
        now = now.slice(0, at) + draws.one(pieces, "") + now.slice(at)
        break
      case 2:
        now = now.slice(0, to) + now.slice(at, to) + now.slice(to)
        break
      case 3:
        now = now.slice(0, at) + now.slice(at, to).split("").toReversed().join("") + now.slice(to)
        break
      case 4:
        now = now.slice(0, at)
        break
      default:
        now = `${draws.one(["{", "[", "{ a: ", "(", "... { "], "{").repeat(1 + draws.below(3000))}${now}`
    }
  }
  return now
}

export const brokenDocument = ({ query, variables }: Document, draws: Draws): Document => ({
  query: slipped(query, draws),
  variables
})

const oddValues: ReadonlyArray<unknown> = [
  null,
  0,
  -1,
  1e308,
  "",
  "\u0000",
  "\ud800",
  [],
  [[[]]],
  {},
  { __proto__: { admin: true } },
  { constructor: { prototype: 1 } },
  true,
  "x".repeat(2000),
  "' or 1=1 --",
  "${jndi}"
]

/** A body with a value of another kind somewhere in it. */
const odd = (value: unknown, draws: Draws): unknown => {
  if (draws.chance(0.3)) return draws.one(oddValues, null)
  if (Array.isArray(value)) return value.map((one) => (draws.chance(0.5) ? odd(one, draws) : one))
  if (typeof value !== "object" || value === null) return draws.one(oddValues, null)
  const entries = Object.entries(value).map(([name, one]) => [
    draws.chance(0.1) ? draws.one(["__proto__", "", "toString", "query", "é"], "x") : name,
    draws.chance(0.5) ? odd(one, draws) : one
  ])
  return Object.fromEntries(entries)
}

/** Something else than the JSON that was meant. */
export const brokenBody = (body: unknown, draws: Draws): string => {
  switch (draws.below(4)) {
    case 0:
      return slipped(JSON.stringify(body), draws)
    case 1:
      return JSON.stringify([body, body])
    case 2:
      return draws.one(["", "{", "null", "0", '"', "[", "{}{}", "\u0000", "true", '{"query":'], "")
    default:
      return JSON.stringify(odd(body, draws)) ?? "undefined"
  }
}
