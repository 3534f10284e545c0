import { execFile, spawnSync } from "node:child_process"
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { whatIsToFillIn } from "../suites/toFillIn.ts"

const run = promisify(execFile)
const root = join(import.meta.dirname, "../..")
const generator = join(root, "scripts/newProvider.ts")
const generate = (folder: string, ...names: ReadonlyArray<string>) =>
  run(process.execPath, [generator, "--root", folder, ...names])

describe("npm run new:provider", () => {
  let folder = ""
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "new-provider-"))
    const copied = [
      "src",
      "sandbox",
      "tests/suites",
      "tests/layers/providers",
      "README.md",
      "package.json",
      "tsconfig.json"
    ]
    for (const path of [...copied, ".oxlintrc.json", ".oxfmtrc.json"]) {
      await cp(join(root, path), join(folder, path), { recursive: true })
    }
    await symlink(join(root, "node_modules"), join(folder, "node_modules"))
    await writeFile(
      join(folder, "tsconfig.generated.json"),
      JSON.stringify({
        extends: "./tsconfig.json",
        include: ["src", "tests/layers/providers/acme"]
      })
    )
    await generate(folder, "acme")
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it("makes a driver that passes the check", () => {
    const tool = (name: string, ...options: ReadonlyArray<string>) => {
      const ran = spawnSync(join(root, "node_modules/.bin", name), options, { cwd: folder, encoding: "utf8" })
      expect(`${ran.stdout}${ran.stderr}`, name).toSatisfy(() => ran.status === 0)
    }
    tool("tsc", "--noEmit", "-p", "tsconfig.generated.json")
    const made = ["src/layers/providers/acme", "tests/layers/providers/acme"]
    tool("oxlint", ...made)
    tool("oxfmt", "--check", ...made, "README.md", "src/config.ts", "src/layers/providers/providers.ts")
    // The compiler reads everything, on however busy a machine.
  }, 180_000)

  it("lists it where drivers, settings and secrets are listed", async () => {
    const text = (path: string) => readFile(join(folder, path), "utf8")
    expect(await text("src/layers/providers/providers.ts")).toContain('"nmi", "acme"')
    expect(await text("src/layers/providers/providers.ts")).toContain("makeAcmeDriver({")
    expect(await text("src/config.ts")).toContain("[stripeOrigin, nmiOrigin, acmeOrigin]")
    expect(await text("README.md")).toMatch(/^\| `ACME_ORIGIN` /m)
  })

  it("says in each file what is to be filled in", () => {
    const places = whatIsToFillIn("acme", folder).map((line) => line.replace(/:.*/, ""))
    expect([...new Set(places)]).toEqual(
      ["charging", "config", "disposition", "driver", "lookup", "wire"]
        .map((file) => `src/layers/providers/acme/${file}.ts`)
        .concat("tests/layers/providers/acme/acmeUnderTest.ts")
    )
  })

  it("overwrites nothing, and refuses what is no name", async () => {
    const refused = async (...names: ReadonlyArray<string>) => {
      const { stderr } = await generate(folder, ...names).then(
        () => expect.fail("it was not refused"),
        (error: { readonly stderr: string }) => error
      )
      return stderr
    }
    expect(await refused("acme")).toContain("there is a provider acme already")
    expect(await refused("nmi")).toContain("there is a provider nmi already")
    for (const names of [[], ["../acme"], ["Acme"], ["acme", "bravo"]]) {
      expect(await refused(...names)).toContain("say one name")
    }
  })
})
