import { Predicate } from "effect"
import type { EvidenceRow } from "../db/reads/history.ts"
import { AuditRow, AuditRowConnection } from "./Audit.ts"
import { builder } from "./builder.ts"
import { AttemptState, DeclineKind, EvidenceOutcome, EvidenceSource, ProductCategory } from "./enums.ts"
import { Money } from "./Money.ts"
import { pagesBelow, there, valuesBelow } from "./levels.ts"
import { Attempt, Brand, Entity, isAttempt, MerchantAccount, PaymentSession } from "./refs.ts"
import { known } from "./registry.ts"
import { decided, RoutingDecision } from "./RoutingDecision.ts"

const AttemptEvidence = builder.objectRef<EvidenceRow>("AttemptEvidence").implement({
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

const sessionOf = valuesBelow({
  field: "Attempt.session",
  of: isAttempt,
  id: ({ session }) => session,
  read: (reads, scope, ids) => reads.sessionsById(scope, ids),
  pick: (found, { session }) => there(found, session),
  rows: (found) => [found]
})

const decisionOf = valuesBelow({
  field: "Attempt.decision",
  of: isAttempt,
  id: ({ session }) => session,
  read: (reads, scope, ids) => reads.decisionsOf(scope, ids),
  pick: (found, { session, round }) => {
    const one = found?.find((decision) => decision.round === round)
    return decided(there(one, `the decision of round ${round} of ${session}`))
  }
})

const evidenceOf = pagesBelow({
  field: "Attempt.evidence",
  of: isAttempt,
  id: ({ id }) => id,
  kind: "evidence",
  read: (reads, scope, ids, slice) => reads.evidenceOf(scope, ids, slice),
  below: (reads, scope, slice, wanted) => reads.evidenceBelow(scope, slice, wanted)
})

const auditOf = pagesBelow({
  field: "Attempt.audit",
  of: isAttempt,
  id: ({ id }) => id,
  kind: "audit",
  read: (reads, scope, ids, slice) => reads.auditOfAttempts(scope, ids, slice)
})

builder.node(Attempt, {
  description: "One try to charge one session on one merchant account.",
  isTypeOf: (value) => Predicate.isObject(value) && isAttempt(value),
  id: { resolve: ({ id }) => id },
  loadManyWithoutCache: (ids, { loaders }) => Promise.all(ids.map(loaders.attempt)),
  fields: (t) => ({
    attemptId: t.exposeString("id", { description: "The plain id: `at_01J..._1`." }),
    ordinal: t.exposeInt("ordinal", { description: "Counts the attempts of a session from 1." }),
    round: t.exposeInt("round", { description: "Which confirmation of the session, from 1." }),
    state: t.expose("state", { type: AttemptState }),
    declineKind: t.expose("declineKind", { type: DeclineKind, nullable: true }),
    money: t.expose("money", { type: Money, extensions: { told: "columns" } }),
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
      extensions: { columns: ["session"] },
      resolve: (attempt, _args, context) => sessionOf(attempt, context)
    }),
    merchantAccount: t.field({
      type: MerchantAccount,
      extensions: { columns: ["mid"], told: "accounts" },
      resolve: ({ mid }, _args, context) => known(context.registry().accounts, mid)
    }),
    entity: t.field({
      type: Entity,
      extensions: { columns: ["entity"], told: "entities" },
      resolve: ({ entity }, _args, context) => known(context.registry().entities, entity)
    }),
    brand: t.field({
      type: Brand,
      extensions: { columns: ["brand"], told: "brands" },
      resolve: ({ brand }, _args, context) => known(context.registry().brands, brand)
    }),
    decision: t.field({
      type: RoutingDecision,
      description: "Why this account, and why not the others.",
      extensions: { columns: ["session", "round"] },
      resolve: (attempt, _args, context) => decisionOf(attempt, context)
    }),
    evidence: t.connection(
      {
        type: AttemptEvidence,
        description: "Everything that was heard of it, in the order in which it was heard.",
        extensions: { columns: [] },
        resolve: evidenceOf
      },
      AttemptEvidenceConnection
    ),
    audit: t.connection(
      {
        type: AuditRow,
        description: "What the audit of its session says of it, in the order in which it was written.",
        extensions: { columns: [] },
        resolve: auditOf
      },
      AuditRowConnection
    )
  })
})
