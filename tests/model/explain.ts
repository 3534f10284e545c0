// Whether some order of the steps of calls that ran at once explains what their callers heard: linearizability, by
// trying every order. The model's worlds are plain data and cheap to keep, so all of them are followed.
import type { Circumstances, Stage } from "./expected/calls.ts"
import type { Answer, Request } from "./expected/requests.ts"
import { spelt, type World } from "./expected/world.ts"
import type { Model } from "./model.ts"

/** A call as its caller saw it. Times only order: the larger is the later. */
export interface Heard {
  readonly request: Request
  readonly began: number
  /** Nobody heard the end of a call whose client hung up. */
  readonly ended?: number
  readonly answer?: Answer
}

/** How far a call has come; `done` once it was answered, with what, where that was left open. */
export type Progress = Stage | { readonly at: "done"; readonly with?: Answer }

/** One state that everything may be in. */
export interface Node {
  readonly world: World
  readonly calls: ReadonlyArray<Progress>
}

export interface Explained {
  readonly nodes: ReadonlyArray<Node>
  /** What the steps of the accepted orders did, in the model's words. */
  readonly did: ReadonlySet<string>
}

export interface Explaining {
  readonly model: Model
  readonly calls: ReadonlyArray<Heard>
  /** Statements of several calls really overlapped, so work in the background may pass over what others hold. */
  readonly overlapping?: boolean
  /** Calls that are known to stand still: they take no step. */
  readonly held?: ReadonlyArray<number>
  /** The call whose answer may be any: to say what it should have been. */
  readonly free?: number
}

export const asked: Stage = { at: "asked" }

export const startOf = (worlds: ReadonlyArray<World>, calls: number): ReadonlyArray<Node> =>
  worlds.map((world) => ({ world, calls: Array.from({ length: calls }, () => asked) }))

/** More than this and the scene is too large to be tried in every order; none of the tests comes near. */
const mostNodes = 200_000

/** All states that some order of steps leads to once every call that does not stand still has been answered. */
export const explain = (starts: ReadonlyArray<Node>, explaining: Explaining): Explained => {
  const { calls, held = [] } = explaining
  const ends = new Map<string, Node>()
  const seen = new Set<string>()
  const did = new Set<string>()
  const open: Array<{ readonly node: Node; readonly path: ReadonlyArray<string> }> = starts.map((node) => ({
    node,
    path: []
  }))
  for (let entry = open.pop(); entry !== undefined; entry = open.pop()) {
    const { node, path } = entry
    const name = spelt(node)
    if (seen.has(name)) continue
    seen.add(name)
    if (seen.size > mostNodes) throw new Error(`more than ${mostNodes} states explain this scene`)
    if (node.calls.every(({ at }, index) => at === "done" || held.includes(index))) {
      ends.set(name, node)
      for (const step of path) did.add(step)
      continue
    }
    for (const index of calls.keys()) {
      for (const next of advance(node, index, explaining))
        open.push({ ...next, path: [...path, ...next.did] })
    }
  }
  return { nodes: [...ends.values()], did }
}

interface Next {
  readonly node: Node
  readonly did: ReadonlyArray<string>
}

const advance = (node: Node, index: number, explaining: Explaining): ReadonlyArray<Next> => {
  const { model, calls, held = [], free } = explaining
  const call = calls[index]
  const stage = node.calls[index]
  if (call === undefined || stage === undefined || stage.at === "done" || held.includes(index)) return []
  // Whoever began after somebody else had been answered comes after all that the other did.
  const waitsFor = calls.some(
    (other, at) => other.ended !== undefined && other.ended < call.began && node.calls[at]?.at !== "done"
  )
  if (waitsFor) return []
  const after = (world: World, progress: Progress, did: string | undefined): Next => ({
    node: { world, calls: node.calls.with(index, progress) },
    did: did === undefined ? [] : [did]
  })
  return model(node.world, call.request, stage, circumstancesOf(index, explaining)).flatMap((move) => {
    if ("stage" in move) return [after(move.world, move.stage, move.did)]
    if (index === free) return [after(move.world, { at: "done", with: move.answer }, move.did)]
    const fits = call.answer === undefined || spelt(move.answer) === spelt(call.answer)
    return fits ? [after(move.world, { at: "done" }, move.did)] : []
  })
}

const circumstancesOf = (index: number, { calls, overlapping = false }: Explaining): Circumstances => {
  const call = calls[index]
  const newSession = call?.answer?.is === "created" ? call.answer.session : undefined
  const others = calls.filter((other, at) => at !== index && call !== undefined && meets(call, other))
  const locked = others.flatMap(({ request }) =>
    "session" in request && request.kind !== "read" ? [request.session] : []
  )
  return { newSession, held: overlapping ? locked : [] }
}

const meets = (a: Heard, b: Heard): boolean =>
  a.began < (b.ended ?? Number.POSITIVE_INFINITY) && b.began < (a.ended ?? Number.POSITIVE_INFINITY)

/** The worlds without the calls, each once. */
export const worldsOf = (nodes: ReadonlyArray<Node>): ReadonlyArray<World> => [
  ...new Map(nodes.map(({ world }) => [spelt(world), world])).values()
]

/** What a call could have been answered instead, everything else being as it was. */
export const answersFor = (
  starts: ReadonlyArray<Node>,
  explaining: Explaining,
  index: number
): ReadonlyArray<string> => {
  const { nodes } = explain(starts, { ...explaining, free: index })
  const answers = nodes.map(({ calls }) => {
    const end = calls[index]
    return end?.at === "done" && end.with !== undefined ? spelt(end.with) : "nothing"
  })
  return [...new Set(answers)]
}
