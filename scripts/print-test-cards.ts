// Writes the tables of docs/guides/test-cards.md from the code that they describe, or checks that they are up to
// date: `node scripts/print-test-cards.ts write`, `node scripts/print-test-cards.ts --check`.
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { amountEndings, doesOf } from "../src/layers/providers/stub/behaviours.ts"
import { testCards } from "../src/layers/providers/stub/testCards.ts"
import { markdownTable } from "./markdownTable.ts"

const page = join(import.meta.dirname, "../docs/guides/test-cards.md")

const grouped = (number: string): string =>
  number.length === 15 ? number.replace(/^(.{4})(.{6})/, "$1 $2 ") : number.replace(/(.{4})(?=.)/g, "$1 ")

const sections: Readonly<Record<string, string>> = {
  cards: markdownTable([
    ["Token", "Number", "Brand", "Country", "What happens"],
    ...testCards.map(({ tokenRef, number, brand, country, rule }) => [
      `\`${tokenRef}\``,
      grouped(number),
      brand,
      country,
      doesOf(rule)
    ])
  ]),
  amounts: markdownTable([
    ["The amount ends in", "What happens"],
    ...[...amountEndings].map(([ending, rule]) => [String(ending).padStart(2, "0"), doesOf(rule)]),
    ["anything else", doesOf("captured")]
  ])
}

const mode = process.argv[2]
if (mode !== "write" && mode !== "--check") {
  console.error("say what to do: node scripts/print-test-cards.ts write | --check")
  process.exit(2)
}

const standing = readFileSync(page, "utf8")
const wanted = standing.replace(
  /(<!-- generated: (\w+) -->\n)[^]*?(<!-- end -->)/g,
  (_, begin: string, name: string, end: string) =>
    `${begin}\n${sections[name] ?? `no section ${name}`}\n\n${end}`
)
if (mode === "write") {
  writeFileSync(page, wanted)
} else if (standing !== wanted) {
  console.error("docs/guides/test-cards.md is out of date: run `node scripts/print-test-cards.ts write`")
  process.exit(1)
}
