import { parentPort, workerData } from "node:worker_threads"
import { loadPlanted } from "../planted/plant.ts"
import type { Job, Told } from "./histories.ts"
import type * as player from "./playJob.ts"

// One thread of a simulation: it plays one job after the other, each on services that it loads anew, with what is to
// be planted into them. The libraries it loads once.

Error.stackTraceLimit = 0

const jobs: ReadonlyArray<Job> = workerData

for (const [nr, job] of jobs.entries()) {
  const { playJob } = await loadPlanted<typeof player>(new URL("./playJob.ts", import.meta.url), job.edits)
  playJob(job, (news) => parentPort?.postMessage({ nr, news } satisfies Told))
}
