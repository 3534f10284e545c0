// The checkout in a real browser. One browser and one server serve all of it, because starting them is what costs.
import { afterAll, beforeAll, describe } from "vitest"
import { embedded } from "./embedded.ts"
import { hosted } from "./hosted.ts"
import { people } from "./people.ts"
import { openScene, type Scene } from "./support/Scene.ts"

describe("in Chromium", () => {
  let opened: Scene | undefined
  const scene = (): Scene => {
    if (opened === undefined) throw new Error("the scene is not open")
    return opened
  }
  beforeAll(async () => {
    opened = await openScene()
  }, 180_000)
  afterAll(async () => opened?.close(), 60_000)

  hosted(scene)
  embedded(scene)
  people(scene)
})
