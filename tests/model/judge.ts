// Runs a property over many drawn runs, with a seed that is fixed unless somebody asks for another, and tells a failure
// so that a person can read it and have it again.
//
// MODEL_RUNS=2000   how many runs of each property
// MODEL_SEED=7      which of them
// MODEL_PATH=3:0:1  the one that failed, as its report says; MODEL_REPLAY goes with it where there is one
// MODEL_REPORT=file writes figures, and what occurred how often, as JSON
import * as fc from "fast-check"
import { expect } from "vitest"
import { addToReport, type Report } from "./report.ts"
import { type Opened, openService, type Replace } from "./service/openService.ts"
import { Standstill } from "./stage.ts"
import { Coverage } from "./telling/Coverage.ts"

const { MODEL_RUNS, MODEL_SEED, MODEL_PATH, MODEL_REPLAY, MODEL_REPORT } = process.env

const seed = Number(MODEL_SEED ?? 20_261_121)

/** Fewer runs than the usual ones, or one alone, need not show everything. */
const showsAll = (usual: number): boolean =>
  MODEL_PATH === undefined &&
  (MODEL_RUNS === undefined ? MODEL_SEED === undefined : Number(MODEL_RUNS) >= usual)

/** Where a list of commands is replayed from. */
export const replayPath: { readonly replayPath?: string } =
  MODEL_REPLAY === undefined ? {} : { replayPath: MODEL_REPLAY }

export interface Property<Drawn> {
  readonly name: string
  readonly drawn: fc.Arbitrary<Drawn>
  readonly plays: (opened: Opened, coverage: Coverage, drawn: Drawn) => Promise<void>
  readonly describes: (drawn: Drawn) => string
  readonly runs: number
  /** What has to occur in the usual runs. */
  readonly wanted: ReadonlyArray<string>
}

/**
 * So many runs work on one database; then a new one is made, because accounts have monthly caps, and what was
 * captured under them goes on growing.
 */
const runsOfOneDatabase = 250

/** Holds the property against all its runs. A failure is thrown as a report, and so is what never occurred. */
export const judge = async <Drawn>(property: Property<Drawn>): Promise<void> => {
  const coverage = new Coverage()
  const runs = Number(MODEL_RUNS ?? property.runs)
  const began = performance.now()
  let done = 0
  for (let nr = 0; done < runs; nr++) {
    const some = Math.min(runsOfOneDatabase, runs - done)
    const failure = await failureOf(property, coverage, { runs: some, seed: seed + nr })
    if (failure !== undefined) throw new Error(failure)
    done += some
    if (runs > runsOfOneDatabase) {
      const seconds = Math.round((performance.now() - began) / 1000)
      process.stdout.write(`${property.name}: ${done} of ${runs} runs in ${seconds} s\n`)
    }
  }
  reportFigures(
    [
      { figure: `runs: ${property.name}`, value: count(runs), aim: "all hold" },
      { figure: `calls in these`, value: count(coverage.sumOf("asked: ")), aim: "every answer explained" }
    ],
    coverage.all("step: ", "asked: hung up", "asked: meanwhile")
  )
  if (showsAll(property.runs)) {
    expect(coverage.missing(property.wanted), `never occurred: ${property.name}`).toEqual([])
  }
}

/** Writes figures where somebody asked for them. */
export const reportFigures = (figures: Report["figures"], fired: Report["fired"] = {}): void => {
  if (MODEL_REPORT !== undefined) addToReport(MODEL_REPORT, { figures, fired })
}

const count = (number: number): string => number.toLocaleString("en-US")

interface Which {
  readonly runs: number
  readonly seed: number
}

const failureOf = async <Drawn>(
  property: Property<Drawn>,
  coverage: Coverage,
  { runs, seed: which }: Which
): Promise<string | undefined> => {
  const opened = await openService()
  try {
    const told = await failureReport(property, opened, coverage, {
      numRuns: runs,
      seed: which,
      ...(MODEL_PATH === undefined ? {} : { path: MODEL_PATH })
    })
    if (told !== undefined) return told
    const { hand, run, complaints } = opened
    const doubles = await run(hand.doubleCharges)
    const faults = await run(hand.auditFaults)
    const problems = [
      ...doubles.map(({ session, captures }) => `${session} was captured ${captures} times`),
      ...faults.map((fault) => `the audit does not hold: ${JSON.stringify(fault)}`),
      ...complaints.map((line) => `the service complained: ${line}`)
    ]
    return problems.length === 0 ? undefined : `${property.name}:\n${problems.join("\n")}`
  } finally {
    await opened.close()
  }
}

/** Runs the property over one service. */
export const check = <Drawn>(
  { drawn, plays }: Property<Drawn>,
  opened: Opened,
  coverage: Coverage,
  settings: fc.Parameters<[Drawn]>
): Promise<fc.RunDetails<[Drawn]>> => {
  let stoodStill = false
  const property = fc.asyncProperty(drawn, async (one) => {
    // Made shorter, a standstill would be waited for again and again.
    fc.pre(!stoodStill)
    try {
      await plays(opened, coverage, one)
    } catch (error) {
      stoodStill = error instanceof Standstill
      throw error
    }
  })
  return fc.check(property, settings)
}

/** What a person needs to know of a failure; nothing when the property holds. */
export const failureReport = async <Drawn>(
  property: Property<Drawn>,
  opened: Opened,
  coverage: Coverage,
  settings: fc.Parameters<[Drawn]>
): Promise<string | undefined> => {
  const { failed, ...details } = await check(property, opened, coverage, settings)
  return failed ? report(property, details) : undefined
}

const report = <Drawn>(
  { name, describes }: Property<Drawn>,
  details: Omit<fc.RunDetails<[Drawn]>, "failed">
): string => {
  const { counterexample, counterexamplePath, errorInstance, numShrinks, numRuns, seed: which } = details
  const [drawn] = counterexample ?? []
  const error = errorInstance instanceof Error ? errorInstance : new Error(String(errorInstance))
  const inside = error instanceof AggregateError ? error.errors.map(String) : []
  const replay = /replayPath="([^"]*)"/.exec(String(drawn))?.[1]
  return [
    `${name}: run ${numRuns} failed, and was made shorter ${numShrinks} times.`,
    "",
    ...(drawn === undefined ? [] : [describes(drawn), ""]),
    error.name === "Error" ? (error.stack ?? error.message) : error.message,
    ...inside,
    "",
    "Have it again with",
    `  MODEL_SEED=${which} MODEL_PATH=${counterexamplePath ?? ""}${replay === undefined ? "" : ` MODEL_REPLAY=${replay}`} npx vitest run tests/model -t "${name}"`
  ].join("\n")
}

/** A service in whose ledger something was put in the place of the real thing. */
export const withService = async <A>(
  replace: Replace | undefined,
  use: (opened: Opened) => Promise<A>
): Promise<A> => {
  const opened = await openService(replace)
  try {
    return await use(opened)
  } finally {
    await opened.close()
  }
}
