import { assert, it } from "vitest"
import { spawnSync } from "node:child_process"

it(
  "the demo tells its story to the end: no scene goes another way, and no double charge",
  { timeout: 120_000 },
  () => {
    const demo = spawnSync(process.execPath, ["scripts/demo.ts"], { encoding: "utf8" })
    assert.strictEqual(demo.status, 0, demo.stdout + demo.stderr)
    assert.include(demo.stdout, "double charges: 0")
    assert.include(demo.stdout, "fulfilment: first, then duplicate")
    assert.notInclude(demo.stdout, " NO ")
  }
)
