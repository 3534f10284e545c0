import { spawnSync } from "node:child_process"
import { mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, it } from "vitest"
import { everySetting } from "../../src/config.ts"

const main = join(import.meta.dirname, "../../src/main.ts")

/** Runs the service's own program to its end. */
const run = (flags: ReadonlyArray<string>, environment: Readonly<Record<string, string>> = {}) => {
  const folder = mkdtempSync(join(tmpdir(), "settings-"))
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...flags], {
    env: { PATH: process.env["PATH"], DATA_DIRECTORY: folder, ...environment },
    encoding: "utf8"
  })
  const left = readdirSync(folder)
  rmSync(folder, { recursive: true })
  return { status, stdout, stderr: stderr.trim(), left }
}

it("--help prints every setting and starts nothing", () => {
  const { status, stdout, left } = run(["--help"])
  expect(status).toBe(0)
  expect(left).toEqual([])
  for (const { words } of everySetting) expect(stdout).toContain(`\n  ${words.name}\n`)
})

it("a misspelt setting ends the start with a sentence that says what was meant", () => {
  const { status, stderr, left } = run([], { SESION_LIFETIME: "1 hour" })
  expect(status).toBe(1)
  expect(left).toEqual([])
  expect(stderr).toMatch(/^The setting SESION_LIFETIME is none of this service's; SESSION_LIFETIME is\. .*$/)
})
