import { Console, Effect } from "effect"
import { styleText } from "node:util"

/** The story as it is told: a heading for each scene, a line for each thing that happened. */
let scene = 0

export const heading = (title: string): Effect.Effect<void> =>
  Effect.suspend(() => Console.log(`\n${styleText("bold", `${++scene}. ${title}`)}`))

export const line = (text: string): Effect.Effect<void> => Console.log(`   ${text}`)

/** Tells what was expected to happen; the story stops where it did not. */
export const expect = (what: string, holds: boolean): Effect.Effect<void> =>
  holds
    ? Console.log(`   ${styleText("green", "ok")}  ${what}`)
    : Effect.andThen(
        Console.log(`   ${styleText("red", "NO")}  ${what}`),
        Effect.die(`the story went another way: ${what}`)
      )

/** A table with columns as wide as their widest cell. */
export const table = (header: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? "").length))
  )
  const draw = (row: ReadonlyArray<string>) =>
    `   ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd()
  return [styleText("bold", draw(header)), ...rows.map(draw)].join("\n")
}
