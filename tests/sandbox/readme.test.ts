import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { resultCodes } from "../../sandbox/nmi/resultCodes.ts"
import { faultDoes } from "../../sandbox/plumbing/Fault.ts"
import { codeCard, faultCards } from "../../sandbox/plumbing/faultCards.ts"
import { declineCodes } from "../../sandbox/stripe/declines.ts"
import { testCards } from "../../sandbox/stripe/testCards.ts"

const root = join(import.meta.dirname, "..", "..")
const readme = readFileSync(join(root, "sandbox", "README.md"), "utf8")

/** The rows of the tables whose first column this matches, as `first | last`. */
const rows = (first: RegExp): ReadonlyArray<string> =>
  readme
    .split("\n")
    .map((line) => line.split(" | ").map((cell) => cell.replaceAll(/^\| *| *\|$/g, "").trim()))
    .filter(([cell = ""]) => first.test(cell))
    .map((cells) => `${cells[0]} | ${cells.at(-1)}`)

const filesUnder = (folder: string): ReadonlyArray<string> =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => join(folder, file))

const importing = (folder: string, from: RegExp): ReadonlyArray<string> =>
  filesUnder(folder).filter((file) => from.test(readFileSync(join(root, file), "utf8")))

describe("the README of the sandbox", () => {
  it("lists every fault with what it does", () => {
    const listed = rows(/^`(?!-)[a-z_0-9]+`$/)
    expect(listed.toSorted()).toEqual(
      Object.entries(faultDoes)
        .map(([kind, does]) => `\`${kind}\` | ${does}`)
        .toSorted()
    )
  })

  it("lists every card with what it does", () => {
    const cards = [
      ...faultCards.map(({ number, does }) => `${number} | ${does}`),
      ...Object.entries(testCards).flatMap(([number, { does }]) =>
        number.startsWith("400096") ? [] : [`${number} | ${does}`]
      ),
      ...declineCodes.map((code, index) => `${codeCard("declines", index + 1)} | \`${code}\``)
    ]
    expect(rows(/^\d{15,16}$/).toSorted()).toEqual(cards.toSorted())
    expect(new Set(cards.map((card) => card.split(" ")[0])).size).toBe(cards.length)
    const codes = Object.keys(resultCodes).map((code) => `${code} | ${codeCard("moves", Number(code))}`)
    expect(rows(/^\d{3}$/)).toEqual(codes)
    for (const code of Object.keys(resultCodes)) expect(readme).toContain(codeCard("stays", Number(code)))
  })
})

describe("the sandbox", () => {
  it("shares no code with the service, which starts it in one place at most", () => {
    expect(importing("sandbox", /from "(\.\.\/)+src\//)).toEqual([])
    expect(importing("sandbox", /from "(stripe|@basis-theory\/)/)).toEqual([])
    const users = importing("src", /from "(\.\.\/)+sandbox\/|import\("(\.\.\/)+sandbox\//)
    expect(users.filter((file) => file !== "src/sandboxed.ts")).toEqual([])
  })
})
