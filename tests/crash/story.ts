import { readFileSync } from "node:fs"
import type { Evidence } from "./evidence.ts"
import { type Exchange, sessionOf } from "./exchanges.ts"
import type { Attempt } from "./history.ts"
import type { Blow } from "./inflict.ts"

export interface Told {
  readonly evidence: Evidence
  readonly blows: ReadonlyArray<Blow>
  readonly logs: ReadonlyArray<string>
}

/** The whole story of a session, in the order in which it happened: requests, answers, blows, books, log. */
export const storyOf = (
  session: string,
  history: ReadonlyArray<Attempt>,
  { blows, evidence, logs }: Told
): ReadonlyArray<string> => {
  const about = evidence.exchanges.filter((exchange) => sessionOf(exchange) === session)
  const entries = evidence.books.filter((entry) => entry.session === session)
  const began = Math.min(...about.map(({ askedAt }) => askedAt))
  const at = (time: number) => `${((time - began) / 1000).toFixed(3).padStart(8)} s`
  const heard = about.filter(({ heardAt }) => Number.isFinite(heardAt))
  const ended = Math.max(...heard.map(({ heardAt }) => heardAt))
  const events: ReadonlyArray<readonly [number, string]> = [
    ...about.map((one) => [one.askedAt, `${one.id} asks server ${one.replica}: ${asked(one)}`] as const),
    ...heard.map((one) => [one.heardAt, `${one.id} hears: ${JSON.stringify(one.answer)}`] as const),
    ...entries.map(
      (entry) =>
        [
          entry.createdAt,
          `BOOKS of ${entry.gateway}: ${entry.kind} ${entry.currency} ${entry.amount} under ${entry.key} on ${entry.mid}` +
            (entry.movesAt > entry.createdAt ? `; the money moves at ${at(entry.movesAt)}` : "")
        ] as const
    ),
    ...history.flatMap(({ evidence: pieces, key, writtenAt }) => [
      [writtenAt, `P: the attempt ${key} is written`] as const,
      ...pieces.map(
        ({ code, heardAt, outcome, source }) =>
          [heardAt, `C: ${source} says ${outcome} (${code}) of ${key}`] as const
      )
    ]),
    ...blows
      .filter(({ at: struck }) => struck >= began - 1_000 && struck <= ended + 1_000)
      .map(
        ({ at: struck, kind, victims }) =>
          [
            struck,
            `*** ${kind}${victims.some((victim) => about.some(({ id }) => id === victim.id)) ? ", in the midst of this" : ""}`
          ] as const
      )
  ]
  const names = new Set([session, session.slice("ps_".length), ...about.map(({ id }) => `"${id}"`)])
  const lines = logs.flatMap((log) =>
    readFileSync(log, "utf8")
      .split("\n")
      .filter((line) => [...names].some((name) => line.includes(name)))
      .map((line) => (line.length > longestLine ? `${line.slice(0, longestLine)}…` : line))
  )
  return [
    `The story of ${session}:`,
    ...events.toSorted(([a], [b]) => a - b).map(([time, words]) => `${at(time)}  ${words}`),
    ...(lines.length === 0 ? [] : ["What the servers' logs say of it:", ...lines])
  ]
}

const longestLine = 400

const asked = ({ door, question }: Exchange): string => {
  const { ask, ...rest } = question
  return `${ask} ${JSON.stringify(rest)} (${door})`
}
