import { suite } from "../../suites/entityRegistry.ts"
import { storage } from "./storage.ts"

suite("in memory", storage)
