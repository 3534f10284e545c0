import type { Result } from "./run.ts"

const number = (value: number): string => value.toLocaleString("en-US")

/** What is off by how much, over all currencies. */
const difference = ({ sums }: Result): number =>
  sums.reduce((total, { captured, settled }) => total + Math.abs(captured - settled), 0)

/** The end of a run, for people. */
export const inLines = (result: Result, command: string): string => {
  const {
    drained,
    faults,
    faultSeconds,
    fired,
    healingSeconds,
    kept,
    killedInFlight,
    progress,
    requests,
    seconds,
    starts,
    stories,
    sums
  } = result
  const width = Math.max(...fired.map(([kind]) => kind.length))
  return [
    "",
    ...fired.map(([kind, times]) => `${kind.padEnd(width)}  ${number(times).padStart(7)}`),
    "",
    `${number(progress.kills)} kills and ${number(progress.stops)} immediate stops; ${number(starts)} starts of servers`,
    `${Math.round(seconds)} seconds: ${Math.round(faultSeconds)} of faults, ${Math.round(healingSeconds)} until the last session had ended`,
    `${number(requests)} requests, ${number(progress.sessions)} sessions, ${number(progress.settled)} of them settled`,
    `${number(killedInFlight)} charges killed between their write-ahead and their record; ${number(drained)} recorded by a server that had to stop`,
    ...sums.map(
      ({ captured, currency, settled }) =>
        `${currency}: ${number(settled)} settled, ${number(captured)} in the gateways' books`
    ),
    `difference to the gateways' books: ${number(difference(result))}`,
    ...(faults.length === 0
      ? []
      : [
          "",
          ...faults,
          "",
          ...stories,
          `seed ${result.seed}; again: ${command}`,
          `everything is kept in ${kept}`
        ])
  ].join("\n")
}

/** The same for `npm run proof`. */
export const figuresOf = (result: Result, command: string) => ({
  held: result.faults.length === 0,
  command,
  figures: [
    {
      figure: "servers killed with -9 / immediate stops of the database",
      value: `${number(result.progress.kills)} / ${number(result.progress.stops)}`,
      aim: "1,000 / 200 with one command"
    },
    {
      figure: "charges killed between their write-ahead and their record",
      value: number(result.killedInFlight),
      aim: "a quarter of the kills or more"
    },
    {
      figure: "sessions settled under faults",
      value: number(result.progress.settled),
      aim: "as many as kills or more"
    },
    { figure: "violations of the auditor's laws", value: number(result.progress.violations), aim: "0" },
    { figure: "difference to the gateways' books", value: number(difference(result)), aim: "0" }
  ],
  fired: Object.fromEntries(result.fired)
})
