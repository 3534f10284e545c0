import { defineConfig } from "vitest/config"

// Laws that wait for a real processor; several at a time, and not so many that it refuses some.
export default defineConfig({
  test: {
    include: ["tests/contract/*.contract.ts"],
    pool: "forks",
    maxWorkers: 1,
    maxConcurrency: 4,
    retry: 0,
    // Every law by its name, whether it passed or not.
    reporters: ["verbose"],
    testTimeout: 300_000,
    hookTimeout: 60_000
  }
})
