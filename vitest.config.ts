import { existsSync } from "node:fs"
import { defineConfig } from "vitest/config"
import { LongestFirst } from "./tests/support/LongestFirst.ts"

const globalSetup = "tests/support/globalSetup.ts"

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    globalSetup: existsSync(globalSetup) ? [globalSetup] : [],
    reporters: ["default", "./tests/support/plainSummary.ts"],
    // One process per worker: a test that ends badly takes only its own file with it.
    pool: "forks",
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    teardownTimeout: 20_000,
    // Pothos, Yoga and our schema must see one and the same copy of graphql.
    server: { deps: { inline: [/@pothos/, /graphql/, /@graphql/, /@envelop/] } }
  }
})
