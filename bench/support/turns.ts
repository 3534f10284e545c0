// How contenders are compared: in rounds, each contender once in every round in an order that is drawn, and ratios
// only within a round. A shared machine is faster now and slower then; what stands side by side is not.
import { shuffled, type Spread, spreadOf } from "./statistics.ts"
import type { Progress } from "./progress.ts"

export interface Contender<Figures> {
  readonly name: string
  /** One turn; answers its figures. */
  readonly turn: () => Promise<Figures>
}

/** What each contender did, round by round. */
export type Rounds<Figures> = ReadonlyMap<string, ReadonlyArray<Figures>>

export const play = async <Figures>(
  contenders: ReadonlyArray<Contender<Figures>>,
  rounds: number,
  progress: Progress,
  what: string
): Promise<Rounds<Figures>> => {
  const figures = new Map<string, Array<Figures>>(contenders.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const { name, turn } of shuffled(contenders, Math.random)) {
      progress.tell(`${what}, round ${round + 1} of ${rounds}: ${name}`)
      figures.get(name)?.push(await turn())
      progress.step()
    }
  }
  return figures
}

/** One figure of a contender, over its rounds. */
export const spreadOver = <Figures>(
  rounds: Rounds<Figures>,
  name: string,
  figure: (figures: Figures) => number
): Spread => spreadOf((rounds.get(name) ?? []).map(figure))

/** One contender's figure against another's of the same round. */
export const ratioOver = <Figures>(
  rounds: Rounds<Figures>,
  name: string,
  against: string,
  figure: (figures: Figures) => number
): Spread => {
  const others = rounds.get(against) ?? []
  return spreadOf(
    (rounds.get(name) ?? []).flatMap((own, round) => {
      const other = others[round]
      return other === undefined ? [] : [figure(own) / figure(other)]
    })
  )
}
