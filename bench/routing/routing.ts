// Routing decisions per second over ten, hundreds and thousands of accounts, on one core.
import { Effect, Schema } from "effect"
import { markdownTable } from "../../scripts/markdownTable.ts"
import { bars } from "../report/chart.ts"
import type { Found } from "../report/document.ts"
import { spread } from "../report/text.ts"
import { contender } from "../support/contenders.ts"
import type { Options } from "../support/options.ts"
import { progressBar } from "../support/progress.ts"
import { play, ratioOver, type Rounds, spreadOver } from "../support/turns.ts"

const loop = "compiled loop"
const names = [
  loop,
  "decision",
  "with its explanation",
  "filter and sort",
  "zen-engine",
  "json-rules-engine"
] as const

export const decodeSpeed = Schema.decodeUnknownSync(
  Schema.Struct({ count: Schema.Int, seconds: Schema.Finite })
)
const decodeChoices = Schema.decodeUnknownSync(Schema.Array(Schema.String))
type Done = ReturnType<typeof decodeSpeed>
const speed = ({ count, seconds }: Done) => count / seconds

export const routing = Effect.fn("routing")(function* (options: Options) {
  const ours = yield* contender(new URL("ours.ts", import.meta.url))
  const zen = yield* contender(new URL("../peers/zen.ts", import.meta.url))
  const rules = yield* contender(new URL("../peers/rules.ts", import.meta.url))
  const processOf = (name: string) =>
    name === "zen-engine" ? zen : name === "json-rules-engine" ? rules : ours
  const progress = progressBar("routing", options.accounts.length * names.length * (options.rounds + 1))
  const played = new Map<number, Rounds<Done>>()
  yield* Effect.promise(async () => {
    for (const accounts of options.accounts) {
      // Contenders that disagree on who may serve a charge would be compared for nothing.
      const choices = async (name: string) => decodeChoices(await processOf(name).order({ accounts, name }))
      const right = JSON.stringify(await choices("the loop's choice"))
      for (const name of [...names.slice(1), "the explanation's rest"]) {
        if (JSON.stringify(await choices(name)) !== right) throw new Error(`${name} chooses otherwise`)
      }
      const turn = async (name: string, seconds: number) =>
        decodeSpeed(await processOf(name).order({ accounts, name, seconds }))
      for (const name of names) {
        progress.tell(`warming up ${name}`)
        await turn(name, options.turnSeconds / 3)
        progress.step()
      }
      const contenders = names.map((name) => ({ name, turn: () => turn(name, options.turnSeconds / 5) }))
      played.set(accounts, await play(contenders, options.rounds, progress, `${accounts} accounts`))
    }
  })
  progress.end()
  return report(options, played)
})

const report = (options: Options, played: ReadonlyMap<number, Rounds<Done>>): Found => {
  const none: Rounds<Done> = new Map()
  const rows = options.accounts.flatMap((accounts) =>
    names.map((name) => {
      const rounds = played.get(accounts) ?? none
      return [
        accounts.toLocaleString("en-US"),
        name,
        spread(spreadOver(rounds, name, speed)),
        spread(ratioOver(rounds, name, loop, speed)),
        spread(ratioOver(rounds, name, "zen-engine", speed))
      ]
    })
  )
  const chart = bars(
    "Routing decisions",
    { label: "decisions per second, by the accounts of the company", logarithmic: true },
    options.accounts.map((accounts) => `${accounts.toLocaleString("en-US")} accounts`),
    names.map((name) => ({
      name,
      bars: options.accounts.map((accounts) => {
        const { median, low, high } = spreadOver(played.get(accounts) ?? none, name, speed)
        return { value: median, low, high }
      })
    }))
  )
  return {
    markdown: `${markdownTable([
      ["accounts", "contender", "decisions/s", "of the loop", "times zen-engine"],
      ...rows
    ])}\n\n![Routing decisions](performance/routing.svg)`,
    pictures: { "routing.svg": chart }
  }
}
