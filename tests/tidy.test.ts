// What the repository promises about its own files, where neither the compiler nor the linter looks.
import { readdirSync, readFileSync, statSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { describe, expect, it } from "vitest"

const root = join(import.meta.dirname, "..")
const notOurs = new Set(["node_modules", ".git", ".data", "coverage"])

const filesUnder = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (notOurs.has(entry.name)) return []
    const path = join(folder, entry.name)
    return entry.isDirectory() ? filesUnder(path) : entry.isFile() ? [relative(root, path)] : []
  })

const read = (file: string) => readFileSync(join(root, file), "utf8")
const files = filesUnder(root).filter((file) => statSync(join(root, file)).size < 1_000_000)
const source = files.filter((file) => /^(src|tests|scripts|bench)\/.*\.(ts|mjs)$/.test(file))

/** Every place where the pattern occurs, as `file:line: what stands there`. */
const occurrences = (within: ReadonlyArray<string>, pattern: RegExp) =>
  within.flatMap((file) =>
    read(file)
      .split("\n")
      .flatMap((line, index) => {
        const match = pattern.exec(line)
        return match === null ? [] : [`${file}:${index + 1}: ${match[0].trim()}`]
      })
  )

describe("source files", () => {
  it("do not silence the compiler with a double cast", () => {
    expect(occurrences(source, /\bas\s+(unknown|never|any)\s+as\b/)).toEqual([])
  })

  it("do not switch a check off", () => {
    const switches =
      /@ts-(ignore|nocheck)\b|(ox|es)lint-(disable)|@effect-(diagnostics)|(prettier|oxfmt)-(ignore)\b/
    expect(occurrences(source, switches)).toEqual([])
  })

  it("name an imported file with its extension, as Node runs it", () => {
    expect(occurrences(source, /\bfrom "\.{1,2}\/[^"]*(?<!\.(ts|mjs|json))"/)).toEqual([])
  })

  it("import the modules for Node one by one: all of them together bring clients of Redis to every start", () => {
    expect(occurrences(files, /^import .* from "@effect\/platform-node"/)).toEqual([])
  })
})

describe("all files", () => {
  it("name no folder of the machine on which they were written", () => {
    expect(occurrences(files, /(?<![\w.}~*])\/(work|root|home|Users)\/[\w.-]+/)).toEqual([])
  })

  it("name no place from which packages happened to be fetched", () => {
    expect(occurrences(files, /"resolved"\s*:|_auth[T]oken|^\s*registry\s*=/)).toEqual([])
  })
})

describe("documentation", () => {
  const documents = files.filter((file) => file.endsWith(".md"))
  const decisions = documents.filter((file) => /^docs\/adr\/\d/.test(file))

  it("has decisions numbered without a gap, each with its decision as the title", () => {
    const expected = decisions.map((_, index) => `docs/adr/${String(index + 1).padStart(4, "0")}`)
    expect(decisions).not.toEqual([])
    expect(decisions.map((file) => file.slice(0, "docs/adr/0001".length)).toSorted()).toEqual(expected)
    for (const file of decisions) {
      expect(file).toMatch(/^docs\/adr\/\d{4}(-[a-z0-9]+){3,}\.md$/)
      expect(read(file), file).toMatch(/^# \S+( \S+){2,}\n/)
    }
  })

  it("links only to files that exist", () => {
    const broken = documents.flatMap((file) =>
      [...read(file).matchAll(/\]\((?!\w+:|#|\/)([^)#\s]+)[^)]*\)/g)]
        .map((match) => join(dirname(file), match[1] ?? ""))
        .filter(
          (target) =>
            !files.includes(target) &&
            !files.some((other) => other.startsWith(`${target.replace(/\/$/, "")}/`))
        )
        .map((target) => `${file}: ${target}`)
    )
    expect(broken).toEqual([])
  })

  it("names only scripts that package.json has", () => {
    const manifest = read("package.json")
    const missing = documents.flatMap((file) =>
      [...read(file).matchAll(/npm run ([a-z][\w:-]*)/g)]
        .filter((match) => !new RegExp(`"${match[1] ?? ""}": "`).test(manifest))
        .map((match) => `${file}: npm run ${match[1] ?? ""}`)
    )
    expect(missing).toEqual([])
  })
})
