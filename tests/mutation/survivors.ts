import type { Justification } from "./judge.ts"

/** Why some mutants live on. Whoever adds one says why no caller could ever see a difference. */
export const survivors: ReadonlyArray<Justification> = [
  {
    why: "A reference loses what stood there or has other words in its place: either way it is not what it was.",
    mutants: ['cascade/keepable.ts referenceProblem: StringLiteral "" -> "Stryker was here!" #2']
  }
]
