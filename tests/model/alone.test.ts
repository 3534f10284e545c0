import { it } from "vitest"
import { judge } from "./judge.ts"
import { alone } from "./properties.ts"

/** As long as somebody who asks for many runs is ready to wait. */
const hours = 36_000_000

it("one client at a time hears what the model says", { timeout: hours }, () => judge(alone()))
