// The checkout in a real browser. One browser and one server serve all of it, because starting them is what costs.
import { afterAll, beforeAll, describe } from "vitest"
import { embedded } from "./embedded.ts"
import { hosted } from "./hosted.ts"
import { people } from "./people.ts"
import { safety } from "./safety.ts"
import { hasChromium } from "./support/chromium.ts"
import { openSandboxed, type Sandboxed } from "./support/openSandboxed.ts"
import { openScene, type Scene } from "./support/Scene.ts"
import { turns } from "./turns.ts"
import { vaults } from "./vaults.ts"

if (!hasChromium)
  console.warn(
    "No Chromium for this machine: the browser tests are left out. CHROMIUM_PATH names one of yours."
  )

describe.skipIf(!hasChromium)("in Chromium", () => {
  let opened: Scene | undefined
  let openedSandboxed: Sandboxed | undefined
  const scene = (): Scene => {
    if (opened === undefined) throw new Error("the scene is not open")
    return opened
  }
  const sandboxed = (): Sandboxed => {
    if (openedSandboxed === undefined) throw new Error("the sandboxed server is not there")
    return openedSandboxed
  }
  beforeAll(async () => {
    opened = await openScene()
    openedSandboxed = await openSandboxed([opened.shop.origin])
  }, 240_000)
  afterAll(async () => {
    await openedSandboxed?.close()
    await opened?.close()
  }, 120_000)

  hosted(scene)
  embedded(scene)
  turns(scene, sandboxed)
  people(scene)
  safety(scene)
  vaults(scene, sandboxed)
})
