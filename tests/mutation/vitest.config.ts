import { defineConfig } from "vitest/config"
import { NearestFirst } from "./NearestFirst.ts"

/** A folder of tests, if there are to be no others. */
const folder = process.env.MUTATION_TESTS

/** The tests that prove the kernel and need no database: what a mutant of the kernel is held against. */
export default defineConfig({
  test: {
    include:
      folder === undefined
        ? [
            "tests/kernel/**/*.test.ts",
            "tests/layers/memory/**/*.test.ts",
            "tests/layers/providers/stub/{behaviours,disposition}.test.ts"
          ]
        : [`${folder}/**/*.test.ts`],
    // Statistics over a million draws say what the order's own laws say, and take seconds for each mutant.
    exclude: ["tests/kernel/routing/shares.test.ts"],
    sequence: { sequencer: NearestFirst },
    testTimeout: 30_000
  }
})
