import { Cache, Duration, Effect, Layer, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { Attempt, AttemptState } from "../kernel/Attempt.ts"
import { Outcome, PaymentAction } from "../kernel/cascade/Disposition.ts"
import { midTag } from "../kernel/cascade/IdempotencyKey.ts"
import { SendPermit } from "../kernel/cascade/SendPermit.ts"
import { AttemptId, MidId, ProviderName, SessionId } from "../kernel/ids.ts"
import { RateLimits } from "../kernel/limits/RateLimits.ts"
import { Money } from "../kernel/Money.ts"
import {
  type Candidate,
  DeclarationRefusal,
  type LedgerUnavailable,
  PassedOver,
  PaymentLedger
} from "../kernel/PaymentLedger.ts"
import {
  FulfilmentBlocker,
  mostRounds,
  PaymentSession,
  SessionDeclaration,
  SessionState
} from "../kernel/PaymentSession.ts"
import { RoutingDecision } from "../kernel/routing/RoutingPolicyEngine.ts"
import { rateOf } from "./limits/rate.ts"
import { sharedStep } from "./groupCommit.ts"
import { answered, step, unavailable } from "./steps.ts"

const Written = Schema.Struct({
  attempt: AttemptId,
  session: SessionId,
  ordinal: Schema.Int,
  mid: MidId,
  provider: ProviderName,
  money: Money,
  idempotencyKey: Schema.String,
  fence: Schema.Int
})

const DeclaredBefore = Schema.Union([
  Schema.TaggedStruct("Replayed", { session: PaymentSession }),
  Schema.TaggedStruct("KeyReused", { earlierBody: Schema.Unknown })
])

const Declaring = Schema.Union([
  ...DeclaredBefore.members,
  Schema.TaggedStruct("Created", { session: PaymentSession }),
  Schema.TaggedStruct("OrderTaken", { session: SessionId, state: SessionState }),
  Schema.TaggedStruct("NotAllowed", { reason: DeclarationRefusal })
])

const Opening = Schema.Union([
  Schema.TaggedStruct("Permitted", { permit: Written, passedOver: Schema.Array(PassedOver) }),
  Schema.TaggedStruct("NonePermitted", { passedOver: Schema.Array(PassedOver) }),
  Schema.TaggedStruct("NotPayable", { state: SessionState }),
  Schema.TaggedStruct("ConfirmReplayed", {
    state: SessionState,
    captured: Schema.Boolean,
    action: Schema.optionalKey(PaymentAction)
  }),
  Schema.TaggedStruct("ConfirmKeyReused", { earlierSession: SessionId, earlierBody: Schema.Unknown }),
  Schema.TaggedStruct("NoSuchSession", {}),
  Schema.TaggedStruct("RateLimited", { limit: Schema.Literals(["session", "card"]), waitMs: Schema.Finite })
])

const Recording = Schema.Struct({
  attempt: AttemptState,
  session: SessionState,
  permit: Schema.optionalKey(Written),
  passedOver: Schema.Array(PassedOver),
  settlement: Schema.optionalKey(Schema.Literals(["first", "duplicate"])),
  captured: Schema.optionalKey(Schema.Literal(true))
})

const Cancelling = Schema.NullOr(Schema.Struct({ cancelled: Schema.Boolean, state: SessionState }))

const Claiming = Schema.NullOr(
  Schema.Union([
    Schema.TaggedStruct("Claimed", {
      fulfilment: Schema.Literals(["first", "duplicate"]),
      ownClaim: Schema.Boolean
    }),
    Schema.TaggedStruct("NotSettled", { state: SessionState }),
    Schema.TaggedStruct("NotFulfillable", {
      reason: FulfilmentBlocker,
      by: Schema.optionalKey(Schema.String)
    })
  ])
)

const Unresolved = Schema.Struct({
  attempt: Attempt,
  writtenAt: Schema.DateTimeUtcFromString,
  age: Schema.Int,
  processorReference: Schema.optionalKey(Schema.String)
})

/** Of what a step is given, whose it is; the rest goes to the database as it is. */
interface OpeningInput extends Record<string, unknown> {
  readonly session: SessionId
}
interface RecordingInput extends Record<string, unknown> {
  readonly attempt: AttemptId
}

/** How many sessions' declarations a process remembers. They never change, so nothing can be stale. */
const remembered = 10_000

/** The durable record of sessions and attempts, in PostgreSQL. What each step does is in `migrations/`. */
export const layer: Layer.Layer<PaymentLedger, never, SqlClient.SqlClient> = Layer.effect(
  PaymentLedger,
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const { session: ofSession, card: ofCard } = yield* RateLimits
    const limits = { session: rateOf(ofSession), card: rateOf(ofCard) }
    const declareStep = step(sql, "declare_session", Declaring)
    const beforeStep = step(sql, "declared_before", Schema.NullOr(DeclaredBefore))
    const openStep = sharedStep(sql, "open_attempt", Opening, ({ session }: OpeningInput) => session)
    const recordStep = sharedStep(sql, "record_outcome", Recording, ({ attempt }: RecordingInput) => attempt)
    const cancelStep = step(sql, "cancel_session", Cancelling)
    const expireStep = step(sql, "expire_due", Schema.Int)
    const takeOverStep = step(sql, "take_over", Schema.Int)
    const unresolvedStep = step(sql, "claim_unresolved", Schema.Array(Schema.Unknown))
    const fulfilmentStep = step(sql, "claim_fulfilment", Claiming)

    const session = Effect.fn("PaymentLedger.session")(function* (id: SessionId) {
      const rows = yield* sql<{ readonly session: unknown }>`
        select session_json(s) as session from payment_sessions s where session_id = ${id}`
      return rows[0] === undefined ? undefined : yield* decodeSession(rows[0].session)
    }, answered("session"))

    const attempts = Effect.fn("PaymentLedger.attempts")(function* (id: SessionId) {
      const rows = yield* sql<{ readonly attempt: unknown }>`
        select attempt_json(a) as attempt from attempts a where session_id = ${id} order by ordinal`
      return yield* Effect.forEach(rows, (row) => decodeAttempt(row.attempt))
    }, answered("attempts"))

    const declarations = yield* Cache.make<SessionId, SessionDeclaration | undefined, LedgerUnavailable>({
      capacity: remembered,
      lookup: Effect.fn("PaymentLedger.readDeclaration")(function* (id: SessionId) {
        const rows = yield* sql<{ readonly session: unknown }>`
          select session_json(s) as session from payment_sessions s where session_id = ${id}`
        return rows[0] === undefined ? undefined : yield* decodeDeclaration(rows[0].session)
      }, answered("declaration"))
    })

    return PaymentLedger.of({
      session,
      attempts,

      declaration: Effect.fn("PaymentLedger.declaration")(function* (id) {
        const found = yield* Cache.get(declarations, id)
        // Absence is not remembered: the session may be declared a moment later, in another process.
        if (found === undefined) yield* Cache.invalidate(declarations, id)
        return found
      }),

      declare: Effect.fn("PaymentLedger.declare")(function* (declaration, lifetime, request) {
        const declared = yield* declareStep({
          session: yield* encodeDeclaration(declaration),
          lifetimeMs: Duration.toMillis(lifetime),
          by: request.by,
          key: request.idempotencyKey,
          body: request.body
        })
        if (declared._tag === "Created") yield* Cache.set(declarations, declaration.id, declaration)
        return declared
      }, unavailable("declare")),

      declaredBefore: Effect.fn("PaymentLedger.declaredBefore")(function* ({
        by,
        idempotencyKey: key,
        body
      }) {
        return key === undefined ? undefined : ((yield* beforeStep({ by, key, body })) ?? undefined)
      }),

      open: Effect.fn("PaymentLedger.open")(function* (id, candidates, decision, request) {
        const { said: opening, askedAt } = yield* openStep({
          session: id,
          candidates: candidates.map(encodeCandidate),
          decision: yield* encodeDecision(decision),
          token: request.body.vaultToken,
          limits,
          by: request.by,
          key: request.idempotencyKey,
          body: request.body
        })
        return opening._tag === "Permitted"
          ? { ...opening, permit: SendPermit.afterCommit(opening.permit, askedAt) }
          : opening
      }, unavailable("open")),

      record: Effect.fn("PaymentLedger.record")(function* ({ next, outcome, ...evidence }) {
        const { said, askedAt } = yield* recordStep({
          ...evidence,
          outcome: yield* encodeOutcome(outcome),
          next: next.map(encodeCandidate),
          mostRounds
        })
        const { permit, ...recording } = said
        return permit === undefined
          ? recording
          : { ...recording, next: SendPermit.afterCommit(permit, askedAt) }
      }, unavailable("record")),

      cancel: Effect.fn("PaymentLedger.cancel")(function* (id, by) {
        return (yield* cancelStep({ session: id, by })) ?? undefined
      }),

      expireDue: Effect.fn("PaymentLedger.expireDue")((limit) => expireStep({ limit })),

      takeOver: Effect.fn("PaymentLedger.takeOver")((limit) => takeOverStep({ limit, mostRounds })),

      claimUnresolved: Effect.fn("PaymentLedger.claimUnresolved")(function* (limit, lease) {
        const rows = yield* unresolvedStep({ limit, leaseMs: Duration.toMillis(lease) })
        // One that this version cannot read keeps nobody from asking for the others.
        const read = yield* Effect.forEach(rows, (row) =>
          decodeUnresolved(row).pipe(
            Effect.tapError((error) => Effect.logError("an attempt in review cannot be read", error)),
            Effect.option
          )
        )
        return read.flatMap(Option.toArray)
      }),

      claimFulfilment: Effect.fn("PaymentLedger.claimFulfilment")(function* (id, by, key) {
        return (yield* fulfilmentStep({ session: id, by, key })) ?? undefined
      })
    })
  })
)

const encodeDeclaration = Schema.encodeEffect(SessionDeclaration)
const encodeDecision = Schema.encodeEffect(RoutingDecision)
const encodeOutcome = Schema.encodeEffect(Outcome)
const decodeDeclaration = Schema.decodeUnknownEffect(SessionDeclaration)
const decodeSession = Schema.decodeUnknownEffect(PaymentSession)
const decodeUnresolved = Schema.decodeUnknownEffect(Unresolved)
const decodeAttempt = Schema.decodeUnknownEffect(Attempt)

const encodeCandidate = ({ mid, provider, lease }: Candidate) => ({
  mid,
  provider,
  tag: midTag(mid),
  leaseMs: Duration.toMillis(lease)
})
