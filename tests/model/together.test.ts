import { it } from "vitest"
import { judge } from "./judge.ts"
import { racing, stepped } from "./properties.ts"

/** As long as somebody who asks for many runs is ready to wait. */
const hours = 36_000_000

it("two clients hear what some order of their steps explains", { timeout: hours }, () => judge(stepped()))
it("two clients that race hear what some order of their steps explains", { timeout: hours }, () =>
  judge(racing())
)
