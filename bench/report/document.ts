// docs/performance.md: what a person wrote stands, and between two marks what a run found.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

const root = join(import.meta.dirname, "../..")
const document = join(root, "docs/performance.md")
const pictures = join(root, "docs/performance")

/** What a part of a run found, as it is put into the document. */
export interface Found {
  readonly markdown: string
  /** Files in docs/performance. */
  readonly pictures: Readonly<Record<string, string>>
}

/** Puts what was found into its place, and its pictures beside the document. */
export const write = (part: string, { markdown, pictures: drawn }: Found): void => {
  mkdirSync(pictures, { recursive: true })
  for (const [name, svg] of Object.entries(drawn)) writeFileSync(join(pictures, name), svg)
  const [begin, end] = [`<!-- ${part}: what npm run bench writes -->`, `<!-- ${part}: ends here -->`]
  const text = readFileSync(document, "utf8")
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`docs/performance.md has no place for ${part}`)
  writeFileSync(document, `${text.slice(0, from + begin.length)}\n\n${markdown.trim()}\n\n${text.slice(to)}`)
}
