import { Clock, Deferred, Effect, Fiber } from "effect"
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { audit, type Violation } from "./auditor.ts"
import { hirePorter, readBooks } from "./books.ts"
import { makeClient } from "./Client.ts"
import { openDatabases } from "./Databases.ts"
import { type Evidence, sums } from "./evidence.ts"
import { type Dose, faultsOf } from "./faults.ts"
import type { SessionState } from "./exchanges.ts"
import { guardianOf } from "./guardian.ts"
import { type Attempt, historyOf } from "./history.ts"
import { type Blow, makeInflict } from "./inflict.ts"
import { keep } from "./keep.ts"
import { crashPoints, customerKinds, faultKinds, type Kind, makeTally, type Tally } from "./kinds.ts"
import { openLine } from "./Line.ts"
import { pointOf } from "./points.ts"
import { makeFollower, type Progress } from "./progress.ts"
import { type OddEnd, openServer } from "./Servers.ts"
import { openShop } from "./shop.ts"
import { storyOf } from "./story.ts"
import { shortcomings } from "./verdict.ts"

export interface Options {
  readonly seed: number
  readonly dose: Dose
  /** Goes on for so long instead of up to the dose. */
  readonly minutes?: number | undefined
  readonly onProgress: (progress: Progress) => Effect.Effect<void>
}

export interface Result {
  readonly seed: number
  readonly seconds: number
  /** Of them those in which faults were done, and those in which the last sessions ended. */
  readonly faultSeconds: number
  readonly healingSeconds: number
  readonly progress: Progress
  readonly requests: number
  readonly starts: number
  /** Kills that hit a charge between its write-ahead and its record. */
  readonly killedInFlight: number
  /** Charges under way at SIGTERM that their own server recorded before it ended. */
  readonly drained: number
  readonly fired: ReadonlyArray<readonly [Kind, number]>
  readonly sums: ReturnType<typeof sums>
  /** Everything that makes the run fail, in sentences; then the stories. Empty when all is well. */
  readonly faults: ReadonlyArray<string>
  readonly stories: ReadonlyArray<string>
  /** Where everything is kept, when it failed. */
  readonly kept: string | undefined
}

/** How long sessions may take to end once nothing is done to the service any more: a reconciler's lease, and its pauses. */
const healing = "200 seconds"

const kinds: ReadonlyArray<Kind> = [...faultKinds, ...customerKinds, ...crashPoints]

/** One run from the first start to the verdict. Everything that it starts ends with the scope. */
export const crashRun = Effect.fnUntraced(function* (options: Options) {
  const began = yield* Clock.currentTimeMillis
  const folder = mkdtempSync(join(tmpdir(), "payment-crash-"))
  const guardian = yield* guardianOf(folder)
  const tally = makeTally()
  const client = makeClient()
  const odd: Array<OddEnd> = []
  const databases = yield* openDatabases
  yield* hirePorter(databases.booksUrl)
  const openOne = Effect.fnUntraced(function* (number: 0 | 1) {
    const line = yield* openLine(databases.socketPath)
    return yield* openServer({
      number,
      folder,
      line,
      booksUrl: databases.booksUrl,
      guardian,
      odd: (end) => odd.push(end)
    })
  })
  const servers = [yield* openOne(0), yield* openOne(1)] as const
  const bothReady = Effect.asVoid(Effect.all([servers[0].ready, servers[1].ready]))

  const shop = yield* openShop({ seed: options.seed, client, servers, tally })
  const inflict = yield* makeInflict({ servers, databases, client, tally, odd: (end) => odd.push(end) })
  const { done } = inflict

  // What was told is looked at before the books: what follows it is there then.
  const evidence = Effect.gen(function* () {
    const exchanges = client.exchanges()
    const { entries, knocks } = yield* readBooks(databases.booksUrl)
    return { exchanges, books: entries, knocks } satisfies Evidence
  })

  // A violation ends the run: nothing that comes after it would tell more.
  const violated = yield* Deferred.make<void>()
  let violations: ReadonlyArray<Violation> = []
  yield* Effect.gen(function* () {
    yield* Effect.sleep("10 seconds")
    violations = audit(yield* evidence)
    if (violations.length > 0 || odd.length > 0) yield* Deferred.succeed(violated, undefined)
  }).pipe(Effect.forever, Effect.forkScoped)
  const unlessViolated = <A, E>(effect: Effect.Effect<A, E>) =>
    Effect.raceFirst(Effect.asVoid(effect), Deferred.await(violated))

  const follow = makeFollower()
  const progress = Effect.sync((): Progress => {
    const told = follow(client.exchanges().filter(({ heardAt }) => Number.isFinite(heardAt)))
    return { kills: done.kills, stops: done.stops, ...told, violations: violations.length + odd.length }
  })
  yield* Effect.gen(function* () {
    yield* Effect.sleep("1 second")
    yield* options.onProgress(yield* progress)
  }).pipe(Effect.forever, Effect.forkScoped)

  yield* unlessViolated(bothReady)
  const opened = yield* Clock.currentTimeMillis
  const customers = yield* Effect.forkScoped(shop.open)
  yield* unlessViolated(Effect.andThen(faultsFor(options, inflict), inflict.still))
  yield* Fiber.interrupt(customers)
  const calm = yield* Clock.currentTimeMillis
  yield* unlessViolated(Effect.andThen(bothReady, Effect.timeoutOption(shop.emptied, healing)))
  yield* shop.close
  const healed = yield* Clock.currentTimeMillis

  // Where a violation broke the run off, nothing has healed, and the sessions cannot have ended.
  const brokenOff = yield* Deferred.isDone(violated)
  const states = brokenOff ? new Map<string, SessionState>() : yield* shop.standings
  const attempts = yield* historiesOf(done.blows, states, (session) => historyOf(servers, session))
  const standings = new Map(
    [...states].map(([session, state]) => [
      session,
      { state, reason: attempts.get(session)?.at(-1)?.evidence.at(-1)?.message }
    ])
  )
  const last: Evidence = brokenOff ? yield* evidence : { ...(yield* evidence), standings }
  violations = audit(last)

  const { drained, killedInFlight } = countPoints(done.blows, attempts, last, tally)
  const fired = kinds.map((kind) => [kind, tally.of(kind)] as const)
  const reached = yield* progress
  const faults = shortcomings(
    {
      violations,
      oddEnds: odd,
      chainFaults: yield* databases.rows("select * from payments.audit_faults()", []),
      fired,
      settled: reached.settled,
      killedInFlight,
      drained
    },
    // Whoever asks for minutes takes what comes of them.
    options.minutes === undefined ? options.dose : { kills: 1, stops: 0 }
  )
  const told = { evidence: last, blows: done.blows, logs: servers.map(({ log }) => log) }
  const stories: Array<string> = []
  for (const session of new Set(violations.flatMap((violation) => violation.session ?? []).slice(0, 5))) {
    stories.push(...storyOf(session, yield* historyOf(servers, session), told), "")
  }
  if (faults.length > 0) {
    yield* keep(folder, databases, told)
    guardian.keep()
  }
  const result: Result = {
    seed: options.seed,
    seconds: ((yield* Clock.currentTimeMillis) - began) / 1000,
    faultSeconds: (calm - opened) / 1000,
    healingSeconds: (healed - calm) / 1000,
    progress: { ...reached, violations: violations.length + odd.length },
    requests: last.exchanges.length,
    starts: servers[0].starts() + servers[1].starts(),
    killedInFlight,
    drained,
    fired,
    sums: sums(last),
    faults,
    stories,
    kept: faults.length > 0 ? folder : undefined
  }
  return result
})

/** The faults of the dose, and some more kills where one of a pair had hit nobody; or as many as the minutes take. */
const faultsFor = (
  { dose, minutes, seed }: Options,
  { all, done }: Effect.Success<ReturnType<typeof makeInflict>>
): Effect.Effect<void, unknown> =>
  minutes === undefined
    ? Effect.gen(function* () {
        yield* all(faultsOf(seed, dose))
        while (done.kills < dose.kills) {
          const more = faultsOf(seed + done.kills, { kills: 1, stops: 1 })
          yield* all(more.filter(({ kind }) => kind === "kill -9 of one server"))
        }
      })
    : Effect.gen(function* () {
        for (let batch = 0; ; batch++) yield* all(faultsOf(seed + batch, dose))
      }).pipe(Effect.timeoutOption(minutes * 60_000), Effect.asVoid)

/** Counts where the blows struck, what was killed in mid-flight, and what was recorded although its server had to stop. */
const countPoints = (
  blows: ReadonlyArray<Blow>,
  attempts: ReadonlyMap<string, ReadonlyArray<Attempt>>,
  { books }: Evidence,
  tally: Tally
) => {
  const entries = new Map(books.map((entry) => [entry.key, entry]))
  let killedInFlight = 0
  let drained = 0
  for (const { at, kind, victims } of blows) {
    for (const victim of victims) {
      const history = attempts.get(victim.question.ask === "declare" ? "" : victim.question.session) ?? []
      const point = pointOf(victim, at, history, entries)
      if (point === undefined) continue
      tally.count(point)
      if (point === "before P" || point === "after C") continue
      if (kind.startsWith("kill")) killedInFlight += 1
      const struck = history.findLast(({ writtenAt }) => writtenAt <= at)
      if (kind === "SIGTERM in mid-charge" && struck?.evidence[0]?.source === "driver") drained += 1
    }
  }
  return { killedInFlight, drained }
}

/** The attempts of every session that was hit, and of those that have not ended. */
const historiesOf = (
  blows: ReadonlyArray<Blow>,
  states: ReadonlyMap<string, string>,
  history: (session: string) => Effect.Effect<ReadonlyArray<Attempt>>
) => {
  const hit = blows.flatMap(({ victims }) =>
    victims.flatMap(({ question }) => (question.ask === "declare" ? [] : [question.session]))
  )
  const inReview = [...states].flatMap(([session, state]) => (state === "in_review" ? [session] : []))
  return Effect.map(
    Effect.forEach(
      new Set([...hit, ...inReview]),
      (session) => Effect.map(history(session), (attempts) => [session, attempts] as const),
      { concurrency: 8 }
    ),
    (found) => new Map(found)
  )
}
