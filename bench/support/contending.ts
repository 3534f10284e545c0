// The side of a contender: a process of its own, so that nobody pays for another one's garbage or compiled code. It
// takes one order at a time from whoever forked it and answers it.

/** Serves orders until whoever forked this process goes away. */
export const contend = (answer: (order: unknown) => Promise<unknown>): void => {
  process.on("disconnect", () => process.exit(0))
  process.on("message", (order: unknown) => {
    answer(order).then(
      (answered) => process.send?.({ answered }),
      (error: unknown) => process.send?.({ failed: error instanceof Error ? error.stack : String(error) })
    )
  })
  process.send?.({ answered: "ready" })
}

/** Does something for each of so many numbers, some at once; answers how many seconds it took, on clock and processor. */
export const timed = async (
  count: number,
  parallel: number,
  each: (nr: number) => Promise<unknown>
): Promise<{ readonly count: number; readonly seconds: number; readonly cpuSeconds: number }> => {
  let next = 0
  const worker = async () => {
    while (next < count) await each(next++)
  }
  const cpu = process.cpuUsage()
  const began = performance.now()
  await Promise.all(Array.from({ length: Math.min(parallel, count) }, worker))
  const seconds = (performance.now() - began) / 1000
  const { user, system } = process.cpuUsage(cpu)
  return { count, seconds, cpuSeconds: (user + system) / 1_000_000 }
}
