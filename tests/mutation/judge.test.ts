import { describe, expect, it } from "vitest"
import { judge } from "./judge.ts"
import { type Mutant, named, type Status } from "./Mutant.ts"

const mutant = (fingerprint: string, status: Status, file = "Cart.ts"): Mutant => ({
  file,
  line: 1,
  fingerprint: `${file} ${fingerprint}`,
  status
})

describe("survivors", () => {
  const mutants = [
    mutant("a", "Killed"),
    mutant("b", "Timeout"),
    mutant("c", "Survived"),
    mutant("d", "NoCoverage"),
    mutant("e", "RuntimeError"),
    mutant("f", "Survived", "Money.ts")
  ]
  const listing = (...entries: ReadonlyArray<string>) => [{ why: "for a reason", mutants: entries }]

  it("that nothing explains are told, untested code too", () => {
    const { justified, unjustified } = judge(mutants, listing("Cart.ts c"), true)
    expect(justified.map(({ fingerprint }) => fingerprint)).toEqual(["Cart.ts c"])
    expect(unjustified.map(({ fingerprint }) => fingerprint)).toEqual(["Cart.ts d", "Money.ts f"])
  })

  it("that are none any more are told, those of files that were not mutated only if all were to be", () => {
    const list = listing("Cart.ts a", "Cart.ts gone", "Money.ts f", "Gone.ts x")
    expect(judge(mutants, list, true).stale).toEqual(["Cart.ts a", "Cart.ts gone", "Gone.ts x"])
    expect(judge(mutants, list, false).stale).toEqual(["Cart.ts a", "Cart.ts gone"])
  })

  it("that are listed twice are told", () => {
    expect(judge(mutants, listing("Cart.ts c", "Cart.ts d", "Cart.ts c"), true).twice).toEqual(["Cart.ts c"])
  })

  it("count against the score, and code that does not load counts for nothing", () => {
    const { byFile, total } = judge(mutants, [], true)
    expect(total).toEqual({
      file: "all",
      killed: 1,
      timeout: 1,
      survived: 2,
      noCoverage: 1,
      broken: 1,
      ignored: 0,
      score: 2 / 5
    })
    expect(byFile.map(({ file, score }) => [file, score])).toEqual([
      ["Cart.ts", 2 / 4],
      ["Money.ts", 0]
    ])
  })
})

describe("a mutant's name", () => {
  const at = (line: number, column: number, replacement: string) => ({
    fileName: "Cart.ts",
    mutatorName: "StringLiteral",
    replacement,
    status: "Survived" as const,
    location: { start: { line, column }, end: { line, column: column + 3 } }
  })
  const namesIn = (source: string, ...tested: ReadonlyArray<ReturnType<typeof at>>) =>
    named(
      tested,
      () => source,
      (file) => file
    ).map(({ fingerprint }) => fingerprint)

  const line = 'export const total = () => "a" + "a"'

  it("says in which declaration what was put in whose place", () => {
    expect(namesIn(line, at(1, 28, '""'))).toEqual(['Cart.ts total: StringLiteral "a" -> ""'])
  })

  it("stays when lines come before it", () => {
    const before = "const other = 1\n\n"
    expect(namesIn(before + line, at(3, 28, '""'))).toEqual(namesIn(line, at(1, 28, '""')))
  })

  it("tells two of the same kind apart, in the order of the file", () => {
    expect(namesIn(line, at(1, 34, '""'), at(1, 28, '""'))).toEqual([
      'Cart.ts total: StringLiteral "a" -> ""',
      'Cart.ts total: StringLiteral "a" -> "" #2'
    ])
  })
})
