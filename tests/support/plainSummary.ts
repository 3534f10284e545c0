import type { Reporter, SerializedError, TestModule } from "vitest/node"

/**
 * Prints one last line that a script can read: `tests: 123 passed, 0 failed`.
 *
 * A file that could not be run at all and an error outside of every test count as failed, so that the line
 * never looks better than the exit code. Skipped tests, if any, are told on the line before.
 */
export default class PlainSummary implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>, errors: ReadonlyArray<SerializedError>): void {
    const count = { passed: 0, failed: errors.length, skipped: 0 }
    for (const module of modules) {
      count.failed += module.errors().length
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        // A test still pending when the run ends never gave its answer.
        count[state === "pending" ? "failed" : state] += 1
      }
    }
    const skipped = count.skipped === 0 ? "" : `skipped: ${count.skipped}\n`
    // Written after the default reporter's own summary, which is printed in this same turn of the event loop.
    setImmediate(() =>
      process.stdout.write(`${skipped}tests: ${count.passed} passed, ${count.failed} failed\n`)
    )
  }
}
