import { suite } from "../../suites/priceCatalogue.ts"
import { storage } from "./storage.ts"

suite("in memory", storage)
