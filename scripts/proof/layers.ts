// The layers of the proof, from the quickest to the one that takes longest. What each shows is written by hand in
// docs/safety.md; what came of it is written by `npm run proof`.

export interface Layer {
  readonly name: string
  readonly title: string
  /** What is run, after `npm run` or as a test; at the size of the figures in the document. */
  readonly run: Run
}

type Run =
  | { readonly script: string; readonly options: ReadonlyArray<string> }
  /** Tests that write their figures where this variable says. */
  | {
      readonly tests: ReadonlyArray<string>
      readonly environment: Readonly<Record<string, string>>
      readonly reportVariable: string
    }

export const layers: ReadonlyArray<Layer> = [
  {
    name: "types",
    title: "Types",
    run: { tests: ["tests/kernel/doesNotCompile.test.ts"], environment: {}, reportVariable: "TYPES_REPORT" }
  },
  { name: "walk", title: "Exhaustive walk", run: { script: "walk", options: [] } },
  {
    name: "simulate",
    title: "Simulation",
    run: { script: "simulate", options: ["--histories", "1000000"] }
  },
  {
    name: "tapes",
    title: "Simulation against PostgreSQL",
    run: {
      tests: ["tests/simulation/tapes.test.ts"],
      environment: { TAPES: "2000" },
      reportVariable: "TAPES_REPORT"
    }
  },
  { name: "planted", title: "Planted bugs", run: { script: "planted", options: [] } },
  {
    name: "model",
    title: "Commands through the doors",
    run: { tests: ["tests/model"], environment: { MODEL_RUNS: "2000" }, reportVariable: "MODEL_REPORT" }
  },
  {
    name: "dropped",
    title: "Dropped prohibitions",
    run: { tests: ["tests/db/dropped"], environment: {}, reportVariable: "DROPPED_REPORT" }
  },
  { name: "mutation", title: "Mutation of the kernel", run: { script: "mutation", options: [] } },
  {
    name: "crash",
    title: "Real processes killed",
    run: { script: "crash", options: ["--kills", "1000", "--stops", "200"] }
  }
]
