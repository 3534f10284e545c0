import { existsSync } from "node:fs"
import { defineConfig } from "vitest/config"
import { LongestFirst } from "./tests/support/LongestFirst.ts"

const globalSetup = "tests/support/globalSetup.ts"

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    globalSetup: existsSync(globalSetup) ? [globalSetup] : [],
    reporters: ["default", "./tests/support/plainSummary.ts"],
    // Workers are processes, so that a test that ends badly takes no other worker with it. They load the libraries and
    // the sources once and keep them from file to file: that was half of the work of a run. So a test changes nothing
    // that belongs to its process: no variables of the environment, no handlers, no mocks.
    pool: "forks",
    isolate: false,
    // One more than the two cores of the smallest machine: many tests wait for deadlines, of themselves or of servers.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    // Laws of providers wait for real deadlines, each for its own: more of them at a time, or that is all a worker does.
    maxConcurrency: 16,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    teardownTimeout: 20_000,
    // Pothos, Yoga and our schema must see one and the same copy of graphql.
    server: { deps: { inline: [/@pothos/, /graphql/, /@graphql/, /@envelop/] } }
  }
})
