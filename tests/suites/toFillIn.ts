import { readdirSync, readFileSync } from "node:fs"
import { join, relative } from "node:path"
import { describe, expect, it } from "vitest"

const root = join(import.meta.dirname, "../..")

/** What a generated driver still waits for: each line that says so, as `src/...:12 what is to be filled in`. */
export const whatIsToFillIn = (provider: string, within = root): ReadonlyArray<string> =>
  ["src/layers/providers", "tests/layers/providers"].flatMap((parent) => {
    const folder = join(within, parent, provider)
    return readdirSync(folder).flatMap((file) =>
      readFileSync(join(folder, file), "utf8")
        .split("\n")
        .flatMap((line, index) => {
          const [, what] = /\/\/ FILL IN: (.*)/.exec(line) ?? []
          return what === undefined ? [] : [`${relative(within, join(folder, file))}:${index + 1} ${what}`]
        })
    )
  })

/**
 * Judges a driver by its suite once nothing of what was generated is left to fill in; until then it fails with a list.
 *
 * @public The tests that are generated call it.
 */
export const toFillIn = (provider: string, suite: () => void): void => {
  const left = whatIsToFillIn(provider)
  if (left.length === 0) return suite()
  describe(`${provider}: a provider`, () => {
    it("is filled in", () => {
      expect.fail(`${left.length} things are to be filled in:\n${left.map((line) => `  ${line}`).join("\n")}`)
    })
  })
}
