// docs/security.md names the test of every control; here it is held against the tests.
import { existsSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { describe, expect, it } from "vitest"

const page = join(import.meta.dirname, "../docs/security.md")
const [controlsAlone = ""] = readFileSync(page, "utf8").split("\n## ")
const rows = controlsAlone
  .split("\n")
  .filter((line) => line.startsWith("| ") && !/^\| (-|control )/.test(line))
  .map((line) => line.split(" | "))

/** The files of tests that a row links to, each with what is quoted after it. */
const shownBy = (cell: string) =>
  cell.split(/(?=\[[^\]]+\]\()/).map((part) => ({
    file: /\]\(([^)]+\.test\.ts)\)/.exec(part)?.[1] ?? "",
    names: [...part.matchAll(/"([^"]+)"/g)].map(([, name = ""]) => name)
  }))

describe("each control of docs/security.md", () => {
  it("is one of those that there have to be", () => {
    expect(rows.length).toBeGreaterThanOrEqual(15)
    const controls = rows.map(([control]) => control).join("\n")
    for (const word of [
      "tokens, characters",
      "one money mutation",
      "JSON over POST",
      "GraphiQL",
      "GraphQL over HTTP",
      "authorization",
      "256 bits",
      "rate limits",
      "webhooks in",
      "no card number",
      "sends to",
      "sent back to",
      "audit"
    ]) {
      expect(controls).toContain(word)
    }
  })

  it.each(rows.map((cells) => [cells[0]?.slice(2) ?? "", cells.at(-1) ?? ""]))(
    "is shown by a test that exists: %s",
    (_, cell) => {
      const shown = shownBy(cell)
      expect(shown).not.toEqual([])
      for (const { file, names } of shown) {
        const path = join(dirname(page), file)
        expect(existsSync(path), file).toBe(true)
        expect(names, file).not.toEqual([])
        const text = readFileSync(path, "utf8")
        for (const name of names) expect(text, `${file}: ${name}`).toContain(name)
      }
    }
  )
})
