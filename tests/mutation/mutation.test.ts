import { execFile } from "node:child_process"
import { join } from "node:path"
import { promisify } from "node:util"
import { expect, it } from "vitest"

const script = join(import.meta.dirname, "mutation.ts")

/** A short form of `npm run mutation`: the files whose smallest change is the most dearly paid for. */
const decisive = ["src/kernel/cascade/SendPermit.ts", "src/kernel/cascade/keepable.ts"]

it(
  "every small change of what permits a send, and of what is taken for a capture, is noticed or explained",
  { timeout: 600_000 },
  async ({ signal }) => {
    const files = decisive.flatMap((file) => ["--files", file])
    // Without the variables by which Vitest knows its own workers.
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("VITEST")))
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [script, ...files, "--tests", "tests/kernel/cascade"],
      { env, signal }
    )
    expect(stdout).toMatch(/^\d{2,} mutants, score /m)
  }
)
