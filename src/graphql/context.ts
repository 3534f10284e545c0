import { Cause, Effect, Exit } from "effect"
import type { ExecutionResult } from "graphql"
import type { KeyId } from "../kernel/access/Caller.ts"
import type { KeyRecord } from "../kernel/access/KeyRecord.ts"
import type { Operation } from "../kernel/access/Operation.ts"
import type { Changes } from "../kernel/changes/Changes.ts"
import type { EntityRegistry, RegistrySnapshot } from "../kernel/EntityRegistry.ts"
import type { EventSubscriptions } from "../kernel/events/EventSubscriptions.ts"
import type { FulfilmentGate } from "../kernel/FulfilmentGate.ts"
import type { Principal } from "../kernel/ids.ts"
import type { PaymentOrchestrator } from "../kernel/PaymentOrchestrator.ts"
import type { PaymentSessions } from "../kernel/PaymentSessions.ts"
import type { Refunds } from "../kernel/refunds/Refunds.ts"
import type { PriceCatalogue } from "../kernel/PriceCatalogue.ts"
import type { GateRecord } from "../kernel/operations/GateRecord.ts"
import type { PageRecord } from "../kernel/operations/Paging.ts"
import type { Reviews } from "../kernel/reviews/Reviews.ts"
import type { WebhookInbox } from "../kernel/webhooks/WebhookInbox.ts"
import type { PaymentReads } from "../db/reads/PaymentReads.ts"
import type { CheckoutAddresses } from "../http/checkout/addresses.ts"
import type { ReadScope } from "../db/reads/ReadScope.ts"
import type { Open } from "./live/LiveSubscriptions.ts"
import type { Loaders } from "./loaders.ts"

/** What the resolvers may ask for. */
export type GraphqlServices =
  | PaymentSessions
  | PaymentOrchestrator
  | FulfilmentGate
  | Refunds
  | EventSubscriptions
  | EntityRegistry
  | PriceCatalogue
  | PaymentReads
  | WebhookInbox
  | Reviews
  | Changes
  | PageRecord
  | GateRecord
  | KeyRecord

/** Runs an effect for a resolver. A typed error is thrown as it is, so that it can become a member of a union. */
export type Run = <A, E>(effect: Effect.Effect<A, E, GraphqlServices>) => Promise<A>

/** What every resolver is given. */
export interface GraphqlContext {
  readonly principal: Principal
  /** The key that the caller asks with, by its public id. */
  readonly key: KeyId
  /** What the caller's key is for. */
  readonly operations: ReadonlySet<Operation>
  /** What of the payments the caller may read. */
  readonly scope: ReadScope
  /** Stands for this request: what was read for it is kept under it. */
  readonly request: object
  readonly requestId: string
  readonly addresses: CheckoutAddresses
  readonly run: Run
  /** Puts a defect into the log, with the request's id. */
  readonly report: (cause: unknown) => void
  /** The companies, brands and accounts as this process knows them: no statement and no promise. */
  readonly registry: () => RegistrySnapshot
  readonly loaders: Loaders
  /** Begins a subscription. */
  readonly open: Open
  /** Whether what PostgreSQL writes of a list may be the answer as it is. */
  readonly takesTexts?: boolean
  /** What the operation came to, where it was carried out before the engine saw it. */
  readonly executed?: ExecutionResult
}

/** Something broke, and it is in the log already: whoever sees it says so and nothing else. */
export class Broken extends Error {}

/**
 * A `Run` over something that runs effects. A defect goes to the log where it happened, with the request's id;
 * what is thrown says nothing.
 */
export const makeRun =
  (
    toExit: <A, E>(effect: Effect.Effect<A, E, GraphqlServices>) => Promise<Exit.Exit<A, E>>,
    afterwards: () => void
  ): Run =>
  async (effect) => {
    const exit = await toExit(logged(effect))
    afterwards()
    return valueOf(exit)
  }

/** The same for what never waits. */
export const makeRunSync =
  (toExit: <A, E>(effect: Effect.Effect<A, E, GraphqlServices>) => Exit.Exit<A, E>) =>
  <A, E>(effect: Effect.Effect<A, E, GraphqlServices>): A =>
    valueOf(toExit(logged(effect)))

const logged = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.tapCause(effect, (cause) =>
    Cause.hasDies(cause) ? Effect.logError("a resolver broke", cause) : Effect.void
  )

const valueOf = <A, E>(exit: Exit.Exit<A, E>): A => {
  if (Exit.isSuccess(exit)) return exit.value
  const failure = Cause.findErrorOption(exit.cause)
  throw failure._tag === "Some" ? failure.value : new Broken("a resolver broke", { cause: exit.cause })
}
