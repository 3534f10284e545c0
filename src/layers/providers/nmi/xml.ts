import { Option } from "effect"

/** An element. It has a text or children, never both; an empty one has an empty text. */
export interface XmlElement {
  readonly name: string
  readonly text: string
  readonly children: ReadonlyArray<XmlElement>
}

const name = "[A-Za-z_][A-Za-z0-9_.-]*"
const attribute = `\\s+${name}="[^"<]*"`
/** The only things that may stand in a document: an end, a beginning, a text. */
const part = new RegExp(`</(${name})\\s*>|<(${name})((?:${attribute})*)\\s*(/?)>|([^<]+)`, "gy")
const declaration = /^<\?xml version="1\.0"( encoding="(UTF|utf)-8")?( standalone="(yes|no)")?\s*\?>/

const entities: Readonly<Record<string, string>> = {
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&apos;": "'"
}
/** No other reference, and no control character. */
const readable = /^(?:[^&\p{Cc}]|[\t\n\r]|&(?:amp|lt|gt|quot|apos);)*$/u

/** An answer of ours is three elements deep. */
const deepest = 8

interface Open {
  readonly name: string
  readonly children: Array<XmlElement>
  text: string
}

/**
 * A document of plain elements and texts. Whatever else XML can be (a DTD, entities of one's own, CDATA, comments,
 * instructions, a text beside elements) is no document here, as is one that is cut, goes on after its end, or is no
 * valid UTF-8. Attributes are passed over.
 */
export const readXml = (body: Uint8Array): Option.Option<XmlElement> => {
  const text = utf8(body)
  if (text === undefined) return Option.none()
  const open: Array<Open> = []
  let root: XmlElement | undefined
  let position = declaration.exec(text)?.[0].length ?? 0

  while (position < text.length) {
    part.lastIndex = position
    const found = part.exec(text)
    if (found === null) return Option.none()
    position = part.lastIndex
    const [, ending, beginning, attributes = "", alone, inside] = found

    if (inside !== undefined) {
      if (!readable.test(inside) || inside.includes("]]>")) return Option.none()
      const parent = open.at(-1)
      if (parent === undefined) {
        if (inside.trim() !== "") return Option.none()
      } else parent.text += inside
      continue
    }
    if (beginning !== undefined) {
      if (root !== undefined || open.length === deepest || !areAttributes(attributes)) return Option.none()
      open.push({ name: beginning, children: [], text: "" })
      if (alone === "") continue
    }
    const closed = open.pop()
    if (closed === undefined || closed.name !== (beginning ?? ending)) return Option.none()
    const element = elementOf(closed)
    if (element === undefined) return Option.none()
    const parent = open.at(-1)
    if (parent === undefined) root = element
    else parent.children.push(element)
  }
  return open.length > 0 ? Option.none() : Option.fromUndefinedOr(root)
}

const utf8 = (body: Uint8Array): string | undefined => {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body)
  } catch {
    return undefined
  }
}

const areAttributes = (text: string): boolean => {
  const names = [...text.matchAll(new RegExp(`(${name})="([^"]*)"`, "g"))]
  return (
    names.every(([, , value = ""]) => readable.test(value)) &&
    new Set(names.map(([, one]) => one)).size === names.length
  )
}

const elementOf = ({ name: itsName, children, text }: Open): XmlElement | undefined => {
  if (children.length === 0) {
    return { name: itsName, text: text.replaceAll(/&\w+;/g, (one) => entities[one] ?? one), children }
  }
  return text.trim() === "" ? { name: itsName, text: "", children } : undefined
}

/** The text of a child that is there exactly once and has no children itself. */
export const textOf = ({ children }: XmlElement, wanted: string): string | undefined => {
  const [found, ...others] = children.filter((child) => child.name === wanted)
  return found === undefined || others.length > 0 || found.children.length > 0 ? undefined : found.text
}

/** Whether there is such a child at all. */
export const hasChild = ({ children }: XmlElement, wanted: string): boolean =>
  children.some((child) => child.name === wanted)
