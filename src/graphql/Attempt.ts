import { Effect, Schema } from "effect"
import { AttemptRecord } from "../db/reads/AttemptRecord.ts"
import type { HeardEvidence } from "../db/reads/HeardEvidence.ts"
import { PaymentReads } from "../db/reads/PaymentReads.ts"
import { adviseOnLedger } from "../http/refusals.ts"
import { EntityRegistry, UnknownMid } from "../kernel/EntityRegistry.ts"
import { SessionId } from "../kernel/ids.ts"
import { InvalidInput } from "../kernel/refusals.ts"
import { builder } from "./builder.ts"
import { AttemptState, DeclineKind, EvidenceOutcome, EvidenceSource, ProductCategory } from "./enums.ts"
import { Money } from "./Money.ts"
import { connectionOf, sliceOf } from "./pages.ts"
import { plainId } from "./plainId.ts"
import { Attempt, AttemptConnection, Brand, Entity, MerchantAccount, PaymentSession } from "./refs.ts"
import { entityNamed, known, snapshotFor } from "./registry.ts"
import { decided, RoutingDecision } from "./RoutingDecision.ts"

const AttemptEvidence = builder.objectRef<HeardEvidence>("AttemptEvidence").implement({
  description: "One thing that was heard of an attempt, in the words of whoever said it.",
  fields: (t) => ({
    nr: t.exposeInt("nr", { description: "Counts the evidence of an attempt from 1." }),
    source: t.expose("source", { type: EvidenceSource }),
    outcome: t.expose("outcome", { type: EvidenceOutcome }),
    code: t.exposeString("code", {
      description: "The processor's or the line's own: `do_not_honor`, `timeout`."
    }),
    message: t.exposeString("message"),
    heardAt: t.expose("heardAt", { type: "DateTime" })
  })
})

const AttemptEvidenceConnection = builder.connectionObject({
  type: AttemptEvidence,
  name: "AttemptEvidenceConnection"
})

builder.node(Attempt, {
  description: "One try to charge one session on one merchant account.",
  isTypeOf: (value) => value instanceof AttemptRecord,
  id: { resolve: ({ id }) => id },
  loadManyWithoutCache: (ids, { loaders }) => Promise.all(ids.map(loaders.attempt)),
  fields: (t) => ({
    attemptId: t.exposeString("id", { description: "The plain id: `at_01J..._1`." }),
    ordinal: t.exposeInt("ordinal", { description: "Counts the attempts of a session from 1." }),
    round: t.exposeInt("round", { description: "Which confirmation of the session, from 1." }),
    state: t.expose("state", { type: AttemptState }),
    declineKind: t.expose("declineKind", { type: DeclineKind, nullable: true }),
    money: t.expose("money", { type: Money }),
    category: t.expose("category", { type: ProductCategory }),
    provider: t.exposeString("provider"),
    processorReference: t.exposeString("processorReference", {
      nullable: true,
      description: "The processor's own id of the charge; only of what was captured."
    }),
    idempotencyKey: t.exposeString("idempotencyKey", {
      description: "What the processor knows the attempt by: a function of session, ordinal and account."
    }),
    writtenAt: t.expose("writtenAt", {
      type: "DateTime",
      description: "When it was written ahead, before it was sent."
    }),
    resolvedAt: t.expose("resolvedAt", {
      type: "DateTime",
      nullable: true,
      description: "When its outcome became certain; null while it is not."
    }),
    session: t.field({
      type: PaymentSession,
      resolve: async ({ session }, _args, { loaders }) => {
        const found = await loaders.session(session)
        if (found === undefined) throw new Error(`there is an attempt of ${session}, and no such session`)
        return found
      }
    }),
    merchantAccount: t.field({
      type: MerchantAccount,
      resolve: async ({ mid }, _args, context) => known((await snapshotFor(context)).accounts, mid)
    }),
    entity: t.field({
      type: Entity,
      resolve: async ({ entity }, _args, context) => known((await snapshotFor(context)).entities, entity)
    }),
    brand: t.field({
      type: Brand,
      resolve: async ({ brand }, _args, context) => known((await snapshotFor(context)).brands, brand)
    }),
    decision: t.field({
      type: RoutingDecision,
      description: "Why this account, and why not the others.",
      resolve: async ({ session, round }, _args, { loaders }) => {
        const found = (await loaders.decisionsOf(session)).find((one) => one.round === round)
        if (found === undefined) throw new Error(`round ${round} of ${session} has no decision`)
        return decided(found)
      }
    }),
    evidence: t.connection(
      {
        type: AttemptEvidence,
        description: "Everything that was heard of it, in the order in which it was heard.",
        resolve: async ({ id }, args, { loaders }) =>
          connectionOf("evidence", await loaders.evidenceOf(sliceOf("evidence", args))(id))
      },
      AttemptEvidenceConnection
    )
  })
})

const AttemptFilter = builder.inputType("AttemptFilter", {
  description: "Which attempts; what is left out restricts nothing.",
  fields: (t) => ({
    session: t.id({ description: "Those of one session." }),
    entity: t.id({ description: "Those of one company." }),
    mid: t.id({ description: "Those on one merchant account." }),
    states: t.field({ type: [AttemptState] })
  })
})

const filterOf = Effect.fnUntraced(function* (filter: typeof AttemptFilter.$inferInput | null | undefined) {
  const snapshot = yield* (yield* EntityRegistry).snapshot
  const { session, entity, mid, states } = filter ?? {}
  const midId = typeof mid === "string" ? plainId("MerchantAccount", mid) : undefined
  if (midId !== undefined && !snapshot.accounts.has(midId))
    return yield* new UnknownMid({ mid: midId.slice(0, 80) })
  const sessionId = typeof session === "string" ? plainId("PaymentSession", session) : undefined
  if (sessionId !== undefined && !Schema.is(SessionId)(sessionId)) {
    return yield* new InvalidInput({
      field: "filter.session",
      problem: `is ${JSON.stringify(sessionId.slice(0, 80))}; a session id is ps_ and 26 characters`
    })
  }
  return {
    session: sessionId,
    entity:
      typeof entity === "string" ? (yield* entityNamed(snapshot, plainId("Entity", entity))).id : undefined,
    mid: midId,
    states: states ?? undefined
  }
})

builder.queryField("attempts", (t) =>
  t.connection(
    {
      type: Attempt,
      description: "The history of attempts, newest first.",
      args: { filter: t.arg({ type: AttemptFilter }) },
      resolve: async (_root, { filter, ...page }, { run }) => {
        const slice = sliceOf("attempt", page)
        const read = Effect.gen(function* () {
          return yield* (yield* PaymentReads).attempts(yield* filterOf(filter), slice)
        })
        return connectionOf("attempt", await run(read.pipe(adviseOnLedger("read"))))
      }
    },
    AttemptConnection
  )
)
