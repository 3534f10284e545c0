import { Option } from "effect"

/** The characters of a JSON text that matter to whether a name comes twice. */
const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]/gs

/**
 * A body as JSON. There is none if it is no valid UTF-8 or no JSON, and none if some object in it has a name twice:
 * of `{"status":"a","status":"b"}` every reader believes another half.
 */
export const strictJson = (body: Uint8Array): Option.Option<unknown> => {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(body)
    const json: unknown = JSON.parse(text)
    return repeatsName(text) ? Option.none() : Option.some(json)
  } catch {
    return Option.none()
  }
}

/** Of a text that is JSON. */
const repeatsName = (text: string): boolean => {
  /** For each object or list that is open: the names so far, and whether a name comes next. */
  const open: Array<{ readonly names: Set<string> | undefined; expectsName: boolean }> = []
  for (const [part] of text.matchAll(token)) {
    const inside = open.at(-1)
    if (part === "{") open.push({ names: new Set(), expectsName: true })
    else if (part === "[") open.push({ names: undefined, expectsName: false })
    else if (part === "}" || part === "]") open.pop()
    else if (part === ",") {
      if (inside !== undefined) inside.expectsName = inside.names !== undefined
    } else if (part !== ":" && inside?.names !== undefined && inside.expectsName) {
      // Two spellings of one name, "a" and "\u0061", are one name.
      const name = String(JSON.parse(part))
      if (inside.names.has(name)) return true
      inside.names.add(name)
      inside.expectsName = false
    }
  }
  return false
}
