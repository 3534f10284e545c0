import { suite } from "../../suites/paymentLedger.ts"
import { storage } from "./storage.ts"

suite("in memory", storage, { sequences: 500 })
