// How a session is charged. A confirmation does its work in steps: it is routed; the write-ahead is committed, which
// is the permit to send; the permit is looked at; the processor is asked; what it said is committed, with the next
// permit after a decline. A process may stand still between any two of these, the last two included.
//
// What a confirmation may hear beside others, and why:
// - `settled`, `declined`, `in_review`: its own charge came to that, and nobody was quicker with other evidence.
// - `processing` of its own: its permit was too old when it was to be used, so nothing was sent; or, after its own
//   decline was recorded by a lookup already, another confirmation of the session is under way.
// - `processing` as a replay: the earlier confirmation under its key has its write-ahead and no outcome yet.
// - `in_review` although its processor declined or captured: its attempt was taken over first, or given up, and the
//   session waits for evidence or for a person.
// - `session_not_payable`, with the state that the session has at the moment of the write-ahead: whoever came first
//   charges, cancelled it, or let it expire.
// - `no_eligible_merchant_account`: the last account was stopped between the routing and the write-ahead.
// Nothing else, and in particular never `processing` when no attempt of the session is in flight.
import type { Charging, Move, Stage, Steps } from "./calls.ts"
import { keySlot, refusedAtTheDoor } from "./declaring.ts"
import { accounts, cards, fateOf, risks, times } from "./facts.ts"
import { openAttempt, recordEvidence } from "./recording.ts"
import { type Answer, type Confirm, refused } from "./requests.ts"
import { ordersOf, route } from "./routing.ts"
import {
  attemptOf,
  type Entry,
  ledTo,
  outcomeOf,
  type Session,
  sessionOf,
  spelt,
  withSession,
  type World
} from "./world.ts"

export const confirmSteps: Steps<"confirm"> = (world, request, stage) => {
  switch (stage.at) {
    case "asked":
      return [ask(world, request)]
    case "routed":
      return writeAhead(world, request, stage)
    case "permitted":
      return [usePermit(world, stage)]
    case "sending":
      return [send(world, request, stage)]
    case "heard":
      return record(world, request, stage)
    default:
      return []
  }
}

type At<Place extends Stage["at"]> = Extract<Stage, { readonly at: Place }>

const ask = (world: World, request: Confirm): Move => {
  const refusal = refusedBeforeTheSession(world, request)
  if (refusal !== undefined) return { world, answer: refusal }
  const session = sessionOf(world, request.session)
  const card = cards[request.token]
  const { company, category, amount, currency } = session
  const charge = { company, category, amount, currency, risk: request.risk ?? "low" }
  const known = card === undefined ? {} : { brand: card.brand, country: card.country }
  const { chosen, leftOut } = route({ ...charge, ...known }, world.knownStopped)
  const orders = ordersOf(chosen, session.firstOfEquals).map(({ order, firstOfEquals }) => ({
    mids: order.map(({ mid }) => mid),
    firstOfEquals
  }))
  return { world, stage: { at: "routed", leftOut, orders, candidates: [], since: world.process } }
}

/** A request is judged before its session is, and its card before any key is looked up. */
const refusedBeforeTheSession = (world: World, request: Confirm): Answer | undefined => {
  const { vault, token, risk } = request
  const atTheDoor = refusedAtTheDoor(request)
  if (atTheDoor !== undefined) return atTheDoor
  if (vault === "") return refused("invalid_input", "vaultToken.vaultId")
  // A token that has as many digits as a card number is not taken for a token.
  if (token === "" || /^[0-9]{12,19}$/.test(token)) return refused("invalid_input", "vaultToken.tokenRef")
  if (risk !== undefined && !risks.includes(risk)) return refused("invalid_input", "riskLevel")
  if (world.sessions[request.session] === undefined) return refused("unknown_session", "session")
  if (vault !== "stub") return refused("unknown_vault", "vaultToken.vaultId")
  return cards[token] === undefined ? refused("unknown_token", "vaultToken.tokenRef") : undefined
}

const bodyOf = ({ vault, token, risk }: Confirm): string => spelt({ vault, token, risk: risk ?? "low" })

const writeAhead = (world: World, request: Confirm, stage: At<"routed">): ReadonlyArray<Move> => {
  const session = sessionOf(world, request.session)
  const slot = keySlot(request.by, "confirm", request.key)
  const before = slot === undefined ? undefined : world.keys[slot]
  if (before !== undefined) {
    return before.session === session.id && before.body === bodyOf(request)
      ? [
          {
            world,
            answer: { is: "confirmed", outcome: ledTo(session), state: session.state },
            did: `confirm replayed while ${session.state}`
          }
        ]
      : [{ world, answer: refused("idempotency_key_reused", "idempotencyKey"), did: "confirm key reused" }]
  }
  const overdue = session.expiresAt <= world.now
  if (session.state !== "pending" || overdue) {
    const state = session.state === "pending" ? "expired" : session.state
    return [
      { world, answer: refused("session_not_payable", "session", { state }), did: `not payable: ${state}` }
    ]
  }
  return stage.orders.flatMap(({ mids, firstOfEquals }): ReadonlyArray<Move> => {
    const firstKnown: Session = { ...session, firstOfEquals: firstOfEquals ?? session.firstOfEquals }
    const round = session.round + 1
    const opened = openAttempt(firstKnown, mids, round, request.token, world)
    const { attempt: ordinal, remaining: candidates } = opened
    if (ordinal === undefined) {
      const reasons = [...stage.leftOut, ...opened.passedOver].toSorted()
      return [{ world, answer: refused("no_eligible_merchant_account", "entity", { reasons }) }]
    }
    const decision = { round, chosen: mids, leftOut: stage.leftOut, passedOver: opened.passedOver }
    const written = withSession(world, {
      ...opened.session,
      round,
      decisions: [...session.decisions, decision]
    })
    const use = { session: session.id, body: bodyOf(request) }
    const keys = slot === undefined ? world.keys : { ...world.keys, [slot]: use }
    return permitsAt(stage.since, world.process).map((since) => ({
      world: { ...written, keys },
      stage: { at: "permitted", ordinal, candidates, since },
      did: opened.passedOver.length > 0 ? "passed over" : "opened"
    }))
  })
}

/**
 * The age of a permit counts from before its write-ahead was sent, which was some time between what the call did
 * before and now.
 */
const permitsAt = (earliest: number, now: number): ReadonlyArray<number> =>
  earliest === now ? [now] : [earliest, now]

const usePermit = (world: World, stage: At<"permitted">): Move => {
  const { ordinal, candidates, since } = stage
  if (world.process - since <= times.permit)
    return { world, stage: { at: "sending", ordinal, candidates, since } }
  // Somebody may have taken the attempt over meanwhile, so nothing is sent, and nobody knows of an outcome.
  const answer: Answer = { is: "confirmed", outcome: "processing", state: "processing" }
  return { world, answer, did: "permit went stale" }
}

const send = (world: World, request: Confirm, stage: At<"sending">): Move => {
  const { ordinal, candidates } = stage
  const session = sessionOf(world, request.session)
  const { mid } = attemptOf(session, ordinal)
  const gateway = accounts.find((account) => account.mid === mid)?.gateway ?? "stub_a"
  const fate = fateOf(request.token, gateway, session.amount)
  const moved = fate !== "soft" && fate !== "hard" && fate !== "nothing"
  const entry: Entry = {
    session: session.id,
    ordinal,
    mid,
    moved,
    declineKind: fate === "soft" || fate === "hard" ? fate : null,
    at: world.now,
    movesAt: fate === "late" ? world.now + times.late : world.now,
    denials: fate === "denied" ? 2 : 0
  }
  const said = fate === "captured" || fate === "soft" || fate === "hard" ? fate : "unproven"
  return {
    world: fate === "nothing" ? world : { ...world, books: [...world.books, entry] },
    stage: { at: "heard", ordinal, said, candidates, since: world.process },
    did: `sent: ${fate}`
  }
}

const record = (world: World, request: Confirm, stage: At<"heard">): ReadonlyArray<Move> => {
  const { ordinal, said, candidates } = stage
  const session = sessionOf(world, request.session)
  const heard = said === "captured" ? "captured" : said === "unproven" ? "indeterminate" : "declined"
  // A hard decline leads nowhere: no other account would take the card.
  const next = said === "soft" ? candidates : []
  const declineKind = heard === "declined" ? (said === "hard" ? "hard" : "soft") : null
  const { permitted, ...recorded } = recordEvidence(session, world, {
    ordinal,
    heard,
    declineKind,
    source: "driver",
    next
  })
  const written = withSession(world, recorded.session)
  if (permitted === undefined) {
    const { state } = recorded.session
    const answer: Answer = { is: "confirmed", outcome: outcomeOf(heard, state), state }
    return [{ world: written, answer, did: recorded.did }]
  }
  return permitsAt(stage.since, world.process).map((since) => {
    const charging: Charging = { candidates: permitted.remaining, since }
    return {
      world: written,
      stage: { at: "permitted", ordinal: permitted.ordinal, ...charging },
      did: "failed over"
    }
  })
}
