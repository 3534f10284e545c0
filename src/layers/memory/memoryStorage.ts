import { Layer } from "effect"
import * as EntityRegistry from "./EntityRegistry.ts"
import * as Outbox from "./Outbox.ts"
import * as PaymentLedger from "./PaymentLedger.ts"
import * as PriceCatalogue from "./PriceCatalogue.ts"
import { MemoryStore } from "./Store.ts"

/** All storage ports over one storage in memory, and that storage for whoever wants to look into it. */
export const layer = Layer.mergeAll(
  PaymentLedger.layer,
  Outbox.layer,
  EntityRegistry.layer,
  PriceCatalogue.layer
).pipe(Layer.provideMerge(MemoryStore.layer))
