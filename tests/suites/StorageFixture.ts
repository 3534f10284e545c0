import { Context, type Effect } from "effect"
import type { ProductCategory } from "../../src/kernel/Category.ts"
import type { Outcome } from "../../src/kernel/cascade/Disposition.ts"
import type { Brand, Entity } from "../../src/kernel/Entity.ts"
import type { EntityRegistry } from "../../src/kernel/EntityRegistry.ts"
import {
  type AttemptId,
  type EntityId,
  type MidId,
  ProviderName,
  type SessionId
} from "../../src/kernel/ids.ts"
import type { MerchantAccount, MidStatus } from "../../src/kernel/MerchantAccount.ts"
import type { Money } from "../../src/kernel/Money.ts"
import type { Outbox } from "../../src/kernel/Outbox.ts"
import type { EvidenceSource, PaymentLedger } from "../../src/kernel/PaymentLedger.ts"
import type { Plan, Price, PriceCatalogue } from "../../src/kernel/PriceCatalogue.ts"

/** The providers that the accounts of the suites name. A layer under test has a driver configured for each. */
export const fixtureProviders = [ProviderName.make("stub_a"), ProviderName.make("stub_b")] as const

/** Rows that tests start from. Their ids are new in every test, so that many tests share one storage. */
export interface SeedRows {
  readonly entities?: ReadonlyArray<Entity>
  readonly brands?: ReadonlyArray<Brand>
  readonly accounts?: ReadonlyArray<MerchantAccount>
  readonly prices?: ReadonlyArray<Price>
  readonly plans?: ReadonlyArray<Plan>
}

/** What the ports do not show of one session, and the laws are about. Each list in the order of writing. */
export interface Written {
  /** One entry for each call of `record` or takeover of an attempt of the session. */
  readonly evidence: ReadonlyArray<{
    readonly attempt: AttemptId
    readonly source: EvidenceSource
    readonly outcome: Outcome["_tag"]
    /** The processor's own code: `approved`, `timeout`; of a takeover `driver_died`. */
    readonly code: string
  }>
  /** Money that moved. */
  readonly facts: ReadonlyArray<{
    readonly attempt: AttemptId
    readonly mid: MidId
    readonly processorReference: string
    readonly amount: number
    readonly currency: Money["currency"]
  }>
  readonly incidents: ReadonlyArray<{
    readonly attempt: AttemptId
    readonly kind: string
  }>
  /** The decision stored for each round, by the accounts that it chose. */
  readonly decisions: ReadonlyArray<{ readonly round: number; readonly chosen: ReadonlyArray<string> }>
  /** How many audit rows are about the session. */
  readonly auditRows: number
}

/**
 * What a storage layer offers to the suites besides its ports: it seeds, it edits what no port edits yet, and it
 * shows what no port shows. A failure in it is a defect.
 *
 * It does not move time: `Duration.zero` as a lifetime or a lease means "over by the next call", in every storage
 * (`now < expiresAt` may be paid, `leaseUntil <= now` is over).
 */
export class StorageFixture extends Context.Service<
  StorageFixture,
  {
    /** Adds rows; none of them exists yet. They are visible to the ledger at once. */
    readonly seed: (rows: SeedRows) => Effect.Effect<void>
    /** Lets an account send again that was stopped, however many persons that takes. */
    readonly resume: (mid: MidId) => Effect.Effect<void>
    readonly setStatus: (mid: MidId, status: MidStatus) => Effect.Effect<void>
    /** Takes one category from the account's underwriting. Attempts that were written before keep theirs. */
    readonly revokeUnderwriting: (mid: MidId, category: ProductCategory) => Effect.Effect<void>
    readonly setCollects: (entity: EntityId, collects: boolean) => Effect.Effect<void>
    readonly written: (session: SessionId) => Effect.Effect<Written>
  }
>()("payment-orchestration/tests/suites/StorageFixture") {}

/** What a layer has to provide to be put under the storage suites. One storage behind all of them. */
export type Storage = PaymentLedger | Outbox | EntityRegistry | PriceCatalogue | StorageFixture
