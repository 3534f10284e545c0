import { rmSync } from "node:fs"
import { glob, mkdtemp, readFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { Stryker } from "@stryker-mutator/core"
import { type Mutant, named } from "./Mutant.ts"
import { progress } from "./progress.ts"

const root = join(import.meta.dirname, "../..")
const kernel = join(root, "src/kernel")

export interface Run {
  /** Globs of the files to mutate, from the root of the repository. */
  readonly files: ReadonlyArray<string>
  /** The folder of tests to hold them against; all of `vitest.config.ts` when there is none. */
  readonly tests: string | undefined
  readonly concurrency: number
}

/** Mutates a copy of the repository, outside of it, and tells what became of each mutant. */
export const runStryker = async ({ files, tests, concurrency }: Run): Promise<ReadonlyArray<Mutant>> => {
  process.chdir(root)
  // As they are now: somebody may edit one while its mutants are tested.
  const sources = new Map<string, string>()
  for await (const file of glob("**/*.ts", { cwd: kernel })) {
    sources.set(join(kernel, file), await readFile(join(kernel, file), "utf8"))
  }
  const folder = await mkdtemp(join(tmpdir(), "mutation-"))
  // However it ends. A worker that is ending as well may still write there.
  process.once("exit", () => rmSync(folder, { recursive: true, force: true, maxRetries: 9 }))
  // Not by Stryker's own choice of test files: with it, code that runs while a file is loaded stays as it was.
  if (tests !== undefined) process.env.MUTATION_TESTS = tests
  // Thousands of workers load the same libraries.
  process.env.NODE_COMPILE_CACHE = join(folder, "compiled")
  const results = await new Stryker({
    mutate: [...files],
    // What the tests of the kernel need, and nothing that others write meanwhile.
    ignorePatterns: ["**", "!*.json", "!src/**", "!tests/{kernel,layers,mutation,suites,support}/**/*.ts"],
    tempDirName: folder,
    cleanTempDir: "always",
    testRunner: "vitest",
    // The copy's own.
    vitest: {
      configFile: relative(root, fileURLToPath(import.meta.resolve("./vitest.config.ts"))),
      related: true,
      pool: "threads"
    },
    coverageAnalysis: "perTest",
    concurrency,
    // For a mutant that makes a test wait for ever. So long that a busy machine is not taken for one.
    timeoutMS: 15_000,
    timeoutFactor: 4,
    // A file that does not exist: Stryker cannot read the configuration of TypeScript 7, and need not.
    tsconfigFile: "no-tsconfig.json",
    disableTypeChecks: false,
    plugins: ["@stryker-mutator/vitest-runner", import.meta.resolve("./progress.ts")],
    reporters: [progress],
    warnings: false,
    allowConsoleColors: process.stderr.isTTY
  }).runMutationTest()
  return named(
    results,
    (fileName) => sources.get(fileName) ?? "",
    (fileName) => relative(kernel, fileName)
  )
}
