import * as entityRegistry from "../suites/entityRegistry.ts"
import * as outbox from "../suites/outbox.ts"
import * as paymentLedger from "../suites/paymentLedger.ts"
import * as priceCatalogue from "../suites/priceCatalogue.ts"
import { pgStorage } from "./support/pgStorage.ts"

// What every storage promises, promised by the one on PostgreSQL.

paymentLedger.suite("on PostgreSQL", pgStorage)
outbox.suite("on PostgreSQL", pgStorage)
entityRegistry.suite("on PostgreSQL", pgStorage)
priceCatalogue.suite("on PostgreSQL", pgStorage)
