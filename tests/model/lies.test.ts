// The tests of this folder can fail: a service, a client or a model that is wrong in one way is noticed.
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { check, failureReport, type Property, reportFigures, withService } from "./judge.ts"
import { answers, answersTogether, ledgers, ledgersTogether, models } from "./lies.ts"
import { alone, racing, stepped, type Wrong } from "./properties.ts"
import { type Opened, openService } from "./service/openService.ts"
import { Coverage } from "./telling/Coverage.ts"

/** Within so many runs each lie has to be noticed. */
const soMany = 60

/** What no run of the usual seed shows soon is drawn from another one; with any of them it is noticed in the end. */
const seeds: Readonly<Record<string, number>> = {
  "a refusal names another field": 26,
  "a stopped account is not told of": 4,
  "a stop is never heard of": 4,
  "not found is taken for absent before the horizon": 38
}
const usualSeed = 7

/** The run in which the property failed, and why; nothing when it held. */
const failureOf = async <Drawn>(property: Property<Drawn>, opened: Opened, lie: string) => {
  const settings = { numRuns: soMany, seed: seeds[lie] ?? usualSeed, endOnFailure: true }
  const { failed, numRuns, errorInstance } = await check(property, opened, new Coverage(), settings)
  return failed ? { run: numRuns, why: String(errorInstance) } : undefined
}

let honest: Opened
const noticedAfter: Array<number> = []
beforeAll(async () => {
  honest = await openService()
})
afterAll(async () => {
  await honest.close()
  const most = Math.max(...noticedAfter)
  reportFigures([
    {
      figure: "lies of a service, a client or a model that are noticed",
      value: `${noticedAfter.length}`,
      aim: "all"
    },
    { figure: "drawn runs until the hardest of them is noticed", value: `${most}`, aim: `at most ${soMany}` }
  ])
})

const isNoticed = async <Drawn>(
  lie: string,
  property: (wrong: Wrong) => Property<Drawn>,
  wrong: Wrong,
  opened: Opened
): Promise<void> => {
  const found = await failureOf(property(wrong), opened, lie)
  expect(found, `not noticed in ${soMany} runs`).toBeDefined()
  expect(found?.why).toMatch(/^(Unexplained|Broken): /)
  if (found !== undefined) noticedAfter.push(found.run)
}

describe("it is noticed by one client alone when", () => {
  it.each(Object.entries(answers))("%s", { timeout: 120_000 }, (lie, real) =>
    isNoticed(lie, alone, { real }, honest)
  )
  it.each(Object.entries(ledgers))("%s", { timeout: 120_000 }, (lie, replace) =>
    withService(replace, (opened) => isNoticed(lie, alone, {}, opened))
  )
})

describe("it is noticed by two clients at once when", () => {
  it.each(Object.entries(answersTogether))("%s", { timeout: 120_000 }, (lie, real) =>
    isNoticed(lie, stepped, { real }, honest)
  )
  it.each(Object.entries(ledgersTogether))("%s", { timeout: 120_000 }, (lie, replace) =>
    withService(replace, (opened) => isNoticed(lie, stepped, {}, opened))
  )
})

describe("a model is found out that believes that", () => {
  it.each(Object.entries(models))("%s", { timeout: 120_000 }, (lie, model) =>
    isNoticed(lie, alone, { model }, honest)
  )
})

describe("a failure", () => {
  it(
    "tells the seed, the path, what was asked and what was heard, and comes again",
    { timeout: 120_000 },
    async () => {
      const lie = answers["an unknown outcome is called settled"]
      if (lie === undefined) throw new Error("there is no such lie")
      const wrong = alone({ real: lie })
      const settings = { numRuns: soMany, seed: usualSeed, endOnFailure: true }
      const told = await failureReport(wrong, honest, new Coverage(), settings)
      expect(told).toMatch(/run \d+ failed/)
      expect(told).toContain('heard confirmed {"outcome":"settled","state":"in_review"}')
      expect(told).toContain("it would be explained if it were:")
      const path = /MODEL_SEED=7 MODEL_PATH=(\S+) MODEL_REPLAY=\S+ npx vitest run tests\/model -t "/.exec(
        told ?? ""
      )?.[1]
      expect(path).toBeDefined()
      const again = await check(wrong, honest, new Coverage(), { ...settings, path: path ?? "" })
      expect(again.failed).toBe(true)
      expect(again.numRuns).toBe(1)
    }
  )

  it.each([
    [alone().name, "alone.test.ts"],
    [stepped().name, "together.test.ts"],
    [racing().name, "together.test.ts"]
  ])("is asked for by the name of its test: %s", (name, file) => {
    expect(readFileSync(join(import.meta.dirname, file), "utf8")).toContain(`it("${name}"`)
  })
})
