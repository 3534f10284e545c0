// Put into the server's process by `--import`: says how it is inside when it is asked. With --expose-gc, what the heap
// holds is what is left after a collection.
import { monitorEventLoopDelay } from "node:perf_hooks"

const delay = monitorEventLoopDelay({ resolution: 10 })
delay.enable()

process.on("message", () => {
  const { rss } = process.memoryUsage()
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  const late = { p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 }
  delay.reset()
  process.send?.({
    rss,
    heap: heapUsed,
    external,
    late,
    resources: process.getActiveResourcesInfo().length
  })
})
// Whoever asks keeps nobody alive.
process.channel?.unref()
