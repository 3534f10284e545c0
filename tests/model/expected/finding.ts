// What is done behind the doors: evidence is looked for, time passes, and sessions expire.
import type { Asking, Move, Steps } from "./calls.ts"
import { times } from "./facts.ts"
import { recordEvidence } from "./recording.ts"
import { attemptOf, type Entry, type Session, sessionOf, withSession, type World } from "./world.ts"

/** Every selection of some things. */
const selections = <A>(all: ReadonlyArray<A>): ReadonlyArray<ReadonlyArray<A>> =>
  all.reduce<ReadonlyArray<ReadonlyArray<A>>>(
    (some, one) => [...some, ...some.map((others) => [...others, one])],
    [[]]
  )

/** All of some work, or what is left of it when others hold their sessions at that moment. */
const unlessHeld = <A extends { readonly session: Session }>(
  work: ReadonlyArray<A>,
  held: ReadonlyArray<string>
): ReadonlyArray<ReadonlyArray<A>> => {
  const free = work.filter(({ session }) => !held.includes(session.id))
  const contended = work.filter(({ session }) => held.includes(session.id))
  return selections(contended).map((some) => [...free, ...some])
}

const attemptsIn = (world: World, state: string) =>
  Object.values(world.sessions).flatMap((session) =>
    session.attempts.filter((attempt) => attempt.state === state).map((attempt) => ({ session, attempt }))
  )

export const reconcileSteps: Steps<"reconcile"> = (world, _request, stage, { held }) => {
  if (stage.at === "asked") {
    return unlessHeld(attemptsIn(world, "indeterminate"), held).map((due): Move => {
      const asking = due.map(({ session, attempt }): Asking => {
        const age = world.now - attempt.writtenAt
        return {
          session: session.id,
          ordinal: attempt.ordinal,
          age,
          found: "nothing yet",
          left: "unrecorded"
        }
      })
      return { world, stage: { at: "asking", asking } }
    })
  }
  if (stage.at !== "asking") return []
  const { asking } = stage
  if (asking.every(({ left }) => left !== "unrecorded")) {
    const resolved = asking.filter(({ left }) => left === "resolved").length
    return [{ world, answer: { is: "done", counts: { asked: asking.length, resolved } } }]
  }
  // One processor may be slower than the other, so the attempts go on in any order.
  return asking.flatMap((one, index): ReadonlyArray<Move> => {
    if (one.left !== "unrecorded") return []
    const [after, next, did] = one.found === "nothing yet" ? lookUp(world, one) : write(world, one)
    return [{ world: after, stage: { at: "asking", asking: asking.with(index, next) }, did }]
  })
}

type Step = readonly [World, Asking, string]

const lookUp = (world: World, asking: Asking): Step => {
  const { session, ordinal, age } = asking
  const entry = world.books.find((line) => line.session === session && line.ordinal === ordinal)
  const found = (what: Asking["found"], did: string, books = world.books): Step => [
    { ...world, books },
    { ...asking, found: what },
    `looked up: ${did}`
  ]
  // "Not found" means nothing before the horizon.
  const notFound = age > times.horizon ? "absent" : "unproven"
  if (entry === undefined)
    return found(notFound, notFound === "absent" ? "not found, past the horizon" : "not found")
  if (entry.denials > 0 && world.now < entry.at + times.denies) {
    const denied: Entry = { ...entry, denials: entry.denials - 1 }
    return found(
      notFound,
      "denied",
      world.books.map((line) => (line === entry ? denied : line))
    )
  }
  if (!entry.moved) return found("declined", "declined")
  return entry.movesAt > world.now ? found("unproven", "still pending") : found("captured", "captured")
}

const write = (world: World, asking: Asking): Step => {
  const { ordinal, found } = asking
  const session = sessionOf(world, asking.session)
  const entry = world.books.find((line) => line.session === session.id && line.ordinal === ordinal)
  const { session: after, did } = recordEvidence(session, world, {
    ordinal,
    heard: found === "captured" || found === "declined" || found === "absent" ? found : "indeterminate",
    declineKind: found === "declined" ? (entry?.declineKind ?? null) : null,
    source: "lookup",
    next: []
  })
  const left = attemptOf(after, ordinal).state === "indeterminate" ? "open" : "resolved"
  return [withSession(world, after), { ...asking, left }, did]
}

export const takeOverSteps: Steps<"takeOver"> = (world, _request, _stage, { held }) => {
  const late = attemptsIn(world, "in_flight").filter(({ attempt }) => attempt.leaseUntil <= world.now)
  return unlessHeld(late, held).map((due): Move => {
    const after = due.reduce((sofar, { session, attempt: { ordinal } }) => {
      const evidence = { ordinal, heard: "indeterminate", declineKind: null, source: "takeover" } as const
      return withSession(sofar, recordEvidence(session, sofar, { ...evidence, next: [] }).session)
    }, world)
    return {
      world: after,
      answer: { is: "done", counts: { takenOver: due.length } },
      did: due.length > 0 ? "taken over" : "nothing to take over"
    }
  })
}

export const expireSteps: Steps<"expire"> = (world, _request, _stage, { held }) => {
  const over = Object.values(world.sessions)
    .filter(({ state, expiresAt }) => state === "pending" && expiresAt <= world.now)
    .map((session) => ({ session }))
  return unlessHeld(over, held).map((due): Move => {
    const after = due.reduce(
      (sofar, { session }) => withSession(sofar, { ...session, state: "expired" }),
      world
    )
    return {
      world: after,
      answer: { is: "done", counts: { expired: due.length } },
      did: due.length > 0 ? "expired" : "nothing to expire"
    }
  })
}

export const timePassesSteps: Steps<"timePasses"> = (world, { ms }) => [
  { world: { ...world, now: world.now + ms }, answer: { is: "done", counts: {} } }
]

export const processPausesSteps: Steps<"processPauses"> = (world, { ms }) => [
  { world: { ...world, process: world.process + ms }, answer: { is: "done", counts: {} } }
]

/** The database knows at once; the routing of the process hears of it before the operator is answered. */
export const switchSteps: Steps<"switch"> = (world, { mid, on }, stage) => {
  if (stage.at === "asked") {
    const others = world.stopped.filter((other) => other !== mid)
    const stopped = on ? [...others, mid].toSorted() : others
    return [{ world: { ...world, stopped }, stage: { at: "thrown" } }]
  }
  if (stage.at !== "thrown") return []
  return [{ world: { ...world, knownStopped: world.stopped }, answer: { is: "switched", on } }]
}
