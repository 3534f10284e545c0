// What is promised of every run: the model explains what was heard, and the gateways' books hold.
import * as fc from "fast-check"
import { aloneCommand } from "./commands/alone.ts"
import { type Real, realOf, tell } from "./commands/Real.ts"
import { begin, finish } from "./commands/runs.ts"
import { describeScene, play, racingScene, type Scene, steppedScene } from "./commands/together.ts"
import { type Property, replayPath } from "./judge.ts"
import type { Request } from "./expected/requests.ts"
import { type Model, model as rightModel } from "./model.ts"
import type { Opened } from "./service/openService.ts"
import { describe } from "./telling/describe.ts"
import { firstRecipe } from "./telling/recipes.ts"
import type { Tale } from "./telling/Tale.ts"
import { wantedAlone, wantedRacing, wantedStepped } from "./wanted.ts"

/** What may be wrong in a property that is to fail. */
export interface Wrong {
  readonly model?: Model
  readonly real?: (opened: Opened) => Real
}

type Commands = Iterable<fc.AsyncCommand<Tale, Real>>

export const alone = ({ model = rightModel, real = realOf }: Wrong = {}): Property<
  [ReadonlyArray<Request>, Commands]
> => ({
  name: "one client at a time hears what the model says",
  drawn: fc.tuple(
    fc.array(firstRecipe, { minLength: 1, maxLength: 2 }),
    fc.commands([aloneCommand], { maxCommands: 30, size: "max", ...replayPath })
  ),
  runs: 60,
  wanted: wantedAlone,
  describes: ([firsts, commands]) =>
    [...firsts.map(describe), ...[...commands].map((command) => command.toString())]
      .map((line) => `  ${line}`)
      .join("\n"),
  plays: async (opened, coverage, [firsts, commands]) => {
    const tale = await begin(opened, coverage, model)
    const asking = real(opened)
    for (const first of firsts) await tell(tale, asking, tale.resolve(first))
    await fc.asyncModelRun(() => ({ model: tale, real: asking }), commands)
    await finish(tale, asking)
  }
})

const together =
  (
    how: "stepped" | "racing",
    scenes: fc.Arbitrary<Scene>,
    name: string,
    { runs, wanted }: { readonly runs: number; readonly wanted: ReadonlyArray<string> }
  ) =>
  ({ model = rightModel, real = realOf }: Wrong = {}): Property<[Scene, fc.Scheduler]> => ({
    name,
    drawn: fc.tuple(scenes, fc.scheduler()),
    runs,
    wanted,
    describes: ([scene, scheduler]) =>
      [describeScene(scene), "in this order:", ...turnsOf(scheduler)].join("\n"),
    plays: async (opened, coverage, [scene, scheduler]) => {
      const tale = await begin(opened, coverage, model)
      const asking = real(opened)
      await play(tale, asking, scene, scheduler, how)
      await finish(tale, asking)
    }
  })

/** In which order everybody had a turn. */
const turnsOf = (scheduler: fc.Scheduler): ReadonlyArray<string> =>
  scheduler.report().map(({ label, status }) => `  ${label}${status === "pending" ? " (not any more)" : ""}`)

export const stepped = together(
  "stepped",
  steppedScene,
  "two clients hear what some order of their steps explains",
  { runs: 80, wanted: wantedStepped }
)

/** Statements really overlap here, so a failure may not come again with its seed. */
export const racing = together(
  "racing",
  racingScene,
  "two clients that race hear what some order of their steps explains",
  { runs: 40, wanted: wantedRacing }
)
