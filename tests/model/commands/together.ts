// Two clients at once, and the work behind the doors beside them.
import * as fc from "fast-check"
import type { Heard } from "../explain.ts"
import type { Request } from "../expected/requests.ts"
import { orStandstill, type Place } from "../stage.ts"
import { describe } from "../telling/describe.ts"
import {
  declaringRecipe,
  firstRecipe,
  fulfillingRecipe,
  paid,
  payingRecipe,
  prefixRecipe,
  racingWork,
  steppedWork
} from "../telling/recipes.ts"
import type { Tale } from "../telling/Tale.ts"
import { type Real, tell } from "./Real.ts"

/** A request, and where its client hangs up, or it lets others go first, if it charges. */
export interface Asked {
  readonly recipe: Request
  readonly hangsUpAt?: Place
  readonly dawdlesAt?: Place
}

/** Who asks what, in the order in which each of them does. */
export interface Scene {
  readonly before: ReadonlyArray<Request>
  readonly clients: ReadonlyArray<ReadonlyArray<Asked>>
  readonly work: ReadonlyArray<Request>
}

const charging: ReadonlyArray<Place> = ["has its permit", "sends", "records"]

/** One of the places, one time in so many. */
const oneIn = (times: number) =>
  fc.oneof(
    { weight: times - 1, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constantFrom(...charging) }
  )

const clientWith = (recipes: fc.Arbitrary<Request>): fc.Arbitrary<ReadonlyArray<Asked>> =>
  fc.array(
    fc.tuple(recipes, oneIn(4), oneIn(3)).map(([recipe, hangsUpAt, dawdlesAt]) => ({
      recipe,
      ...(hangsUpAt === undefined || recipe.kind !== "confirm" ? {} : { hangsUpAt }),
      ...(dawdlesAt === undefined || recipe.kind !== "confirm" ? {} : { dawdlesAt })
    })),
    { minLength: 1, maxLength: 3, size: "max" }
  )

/** What two clients are about, and what happened before. */
const sceneAbout = (
  recipes: fc.Arbitrary<Request>,
  before: fc.Arbitrary<ReadonlyArray<Request>>,
  work: fc.Arbitrary<ReadonlyArray<Request>>
): fc.Arbitrary<Scene> =>
  fc
    .record({
      first: firstRecipe,
      before,
      one: clientWith(recipes),
      other: clientWith(recipes),
      work,
      same: fc.constantFrom(undefined, "rest" as const, "graphql" as const)
    })
    .map(({ first, before: earlier, one, other, work: done, same }) => ({
      before: [first, ...earlier],
      clients: [one, same === undefined ? other : [sameAs(one, same), ...other.slice(1)]],
      work: done
    }))

const sceneWith = (work: fc.Arbitrary<ReadonlyArray<Request>>): fc.Arbitrary<Scene> =>
  fc.oneof(
    {
      weight: 5,
      arbitrary: sceneAbout(payingRecipe, fc.array(prefixRecipe, { maxLength: 2 }), work)
    },
    { weight: 1, arbitrary: sceneAbout(fulfillingRecipe, fc.constant([paid]), work) },
    { weight: 1, arbitrary: sceneAbout(declaringRecipe, fc.constant([]), work) }
  )

/** What the other client begins with, through some door: the same thing wanted twice at once. */
const sameAs = (one: ReadonlyArray<Asked>, door: "rest" | "graphql"): Asked => {
  const [first] = one
  if (first === undefined) throw new Error("a client asks at least once")
  return { recipe: "door" in first.recipe ? { ...first.recipe, door } : first.recipe }
}

export const steppedScene = sceneWith(steppedWork)
export const racingScene = sceneWith(racingWork)

export const describeScene = ({ before, clients, work }: Scene): string =>
  [
    "before:",
    ...before.map((recipe) => `  ${describe(recipe)}`),
    ...clients.flatMap((asked, nr) => [
      `client ${nr + 1}:`,
      ...asked.map((one) => `  ${describe(one.recipe)}${onTheWay(one)}`)
    ]),
    ...(work.length === 0 ? [] : ["meanwhile:", ...work.map((recipe) => `  ${describe(recipe)}`)])
  ].join("\n")

const onTheWay = ({ hangsUpAt, dawdlesAt }: Asked): string =>
  [
    ...(dawdlesAt === undefined ? [] : [`, lets others go first where it ${dawdlesAt}`]),
    ...(hangsUpAt === undefined ? [] : [`, and hangs up where it ${hangsUpAt}`])
  ].join("")

/**
 * Plays a scene: what comes before one after the other, then everybody at once in the order that the scheduler draws;
 * then says whether some order of their steps explains what they heard.
 */
export const play = async (
  tale: Tale,
  real: Real,
  scene: Scene,
  scheduler: fc.Scheduler,
  how: "stepped" | "racing"
): Promise<void> => {
  for (const recipe of scene.before) await tell(tale, real, tale.resolve(recipe))
  const { stage } = real.opened
  const heard: Array<Heard> = []
  const wrong: Array<unknown> = []
  let time = 0

  const actor = async (name: string, asked: ReadonlyArray<Asked>): Promise<void> => {
    stage.acts(1)
    for (const { recipe, ...onItsWay } of asked) {
      const request = tale.resolve(recipe)
      await stage.turn(`${name} begins: ${describe(recipe)}`)
      const began = ++time
      try {
        const answer = await real.ask(request, { label: `${name}:`, ...onItsWay })
        const ended = ++time
        heard.push(answer === undefined ? { request, began } : { request, began, ended, answer })
        if (answer === undefined)
          tale.coverage.saw(`asked: hung up beside others where it ${onItsWay.hangsUpAt}`)
      } catch (error) {
        wrong.push(error)
      }
      if (how === "racing") await stage.turn(`${name} has heard`)
    }
    stage.acts(-1)
  }

  if (how === "stepped") stage.stepWith(scheduler)
  else stage.raceWith(scheduler)
  const everybody = Promise.all([
    ...scene.clients.map((asked, nr) => actor(`client ${nr + 1}`, asked)),
    actor(
      "behind the doors",
      scene.work.map((recipe) => ({ recipe }))
    )
  ]).then(() => stage.idle())
  try {
    await orStandstill(scheduler.waitFor(everybody), () => `nobody moves any more: ${scheduler.toString()}`)
  } finally {
    stage.free()
  }
  if (wrong.length > 0) throw new AggregateError(wrong, "a call broke")
  tale.hearsAll(
    heard.toSorted((a, b) => a.began - b.began),
    { overlapping: how === "racing" }
  )
}
