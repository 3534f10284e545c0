// A mutant under a name that outlives edits elsewhere in its file: where it is by the declaration around it,
// what stood there and what stands there instead. Line numbers are for the reader's eye only.

export type Status =
  | "Killed"
  | "Survived"
  | "Timeout"
  | "NoCoverage"
  | "RuntimeError"
  | "CompileError"
  | "Ignored"
  | "Pending"

export interface Mutant {
  /** Inside `src/kernel`. */
  readonly file: string
  readonly line: number
  readonly fingerprint: string
  readonly status: Status
}

/** What the mutation testing tool says of one mutant; lines and columns count from 1. */
export interface Tested {
  readonly fileName: string
  readonly mutatorName: string
  readonly replacement: string
  readonly status: Status
  readonly location: { readonly start: Position; readonly end: Position }
}

interface Position {
  readonly line: number
  readonly column: number
}

/** Names mutants; two that would bear the same name in one file are told apart by their order in it. */
export const named = (
  tested: ReadonlyArray<Tested>,
  sourceOf: (fileName: string) => string,
  nameOf: (fileName: string) => string
): ReadonlyArray<Mutant> => {
  const seen = new Map<string, number>()
  return tested.toSorted(byPlace).map(({ fileName, mutatorName, replacement, status, location }) => {
    const lines = sourceOf(fileName).split("\n")
    const file = nameOf(fileName)
    const [was, became] = brief(between(lines, location.start, location.end), replacement)
    const place = `${file} ${declarationAt(lines, location.start.line)}`
    const name = `${place}: ${mutatorName} ${was} -> ${became}`
    const nth = (seen.get(name) ?? 0) + 1
    seen.set(name, nth)
    return { file, line: location.start.line, fingerprint: nth === 1 ? name : `${name} #${nth}`, status }
  })
}

const byPlace = (a: Tested, b: Tested): number =>
  a.fileName < b.fileName
    ? -1
    : a.fileName > b.fileName
      ? 1
      : a.location.start.line - b.location.start.line ||
        a.location.start.column - b.location.start.column ||
        a.location.end.line - b.location.end.line ||
        a.location.end.column - b.location.end.column ||
        (a.replacement < b.replacement ? -1 : 1)

const between = (lines: ReadonlyArray<string>, start: Position, end: Position): string =>
  lines
    .slice(start.line - 1, end.line)
    .map((line, at, all) =>
      line.slice(at === 0 ? start.column - 1 : 0, at === all.length - 1 ? end.column - 1 : undefined)
    )
    .join("\n")

const longest = 90

/** Two pieces of code on one line each; of long ones the stretch in which they begin to differ. */
const brief = (was: string, became: string): readonly [string, string] => {
  const texts = [was, became].map((code) => code.replaceAll(/\s+/g, " ").trim())
  const [one = "", other = ""] = texts
  let same = 0
  while (same < one.length && one[same] === other[same]) same++
  const from = Math.max(one.length, other.length) > longest ? Math.max(0, same - longest / 3) : 0
  const cut = (text: string) =>
    `${from > 0 ? "..." : ""}${text.slice(from, from + longest)}${text.length > from + longest ? "..." : ""}`
  return [cut(one), cut(other)]
}

const declaration = /^(?:export )?(?:const|let|class|function|interface|type) (\w+)/

/** The name of the top-level declaration that a line belongs to. */
const declarationAt = (lines: ReadonlyArray<string>, line: number): string => {
  for (let at = line - 1; at >= 0; at--) {
    const name = declaration.exec(lines[at] ?? "")?.[1]
    if (name !== undefined) return name
  }
  return "(module)"
}
