import { suite } from "../../suites/outbox.ts"
import { storage } from "./storage.ts"

suite("in memory", storage)
