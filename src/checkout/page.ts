import type { Stage } from "../kernel/checkout/Stage.ts"
import { openDoor } from "./door.ts"
import { basisTheoryFields, type CardFields, type Listening, stubFields } from "./fields.ts"
import { keepGuard } from "./guard.ts"
import { openHost } from "./host.ts"
import type { PageData, Standing } from "./wire.ts"

// The checkout of one session. The server has written every panel; this shows the one of the stage, takes the card's
// token to the door, and looks where the payment stands until that cannot change any more.

const byId = (id: string): HTMLElement => {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`no #${id}`)
  return found
}

const data: PageData = JSON.parse(byId("data").textContent)
const door = openDoor(data.door)
const host = openHost(data.hosts)
const form = byId("form")
const button = form.querySelector("button")

let standing: Standing = data.standing
let busy = false
let fields: CardFields | undefined

const panels = [...document.querySelectorAll<HTMLElement>("[data-panel]")]
const problems = [...document.querySelectorAll<HTMLElement>("[data-problem]")]

/** Says what went wrong, or nothing. */
const complain = (problem?: string) => {
  for (const one of problems) one.hidden = one.dataset["problem"] !== problem
}

const setBusy = (now: boolean) => {
  busy = now
  form.setAttribute("aria-busy", String(now))
  if (button !== null) button.disabled = now || fields === undefined
}

const waits: ReadonlySet<Stage> = new Set(["processing", "authenticate", "in_review"])
const takesCard = (stage: Stage) => stage === "pay" || stage === "declined"

/** Shows a stage. Whoever has just done something is taken to what came of it. */
const show = (next: Standing, takeThere: boolean) => {
  const before = standing
  standing = next
  const { stage, action } = next
  document.documentElement.dataset["stage"] = stage
  for (const panel of panels) panel.hidden = !(panel.dataset["panel"] ?? "").split(" ").includes(stage)
  for (const link of document.querySelectorAll<HTMLAnchorElement>("a[data-action]")) {
    if (action !== undefined && isWeb(action)) link.href = action
  }
  const frame = document.querySelector<HTMLIFrameElement>("iframe[data-challenge]")
  if (frame !== null) {
    const source = stage === "authenticate" ? `${data.door}/challenge` : "about:blank"
    if (frame.getAttribute("src") !== source) frame.src = source
  }
  host.tell(stage)
  if (stage === "declined" && before.turn !== next.turn) fields?.clear()
  if (takeThere && before.stage !== stage) {
    panels
      .find((panel) => !panel.hidden)
      ?.querySelector<HTMLElement>("[tabindex]")
      ?.focus()
  }
  if (stage === "paid") leave()
  if (waits.has(stage)) watch()
}

const isWeb = (address: string): boolean => /^https?:$/.test(new URL(address, location.href).protocol)

/** Time to read that it is paid before the shop's page comes. */
const farewell = 2_500
let leaving = false

const leave = () => {
  const { successUrl, hosts } = data
  if (leaving || hosts !== undefined || successUrl === undefined || !isWeb(successUrl)) return
  leaving = true
  setTimeout(() => location.replace(successUrl), farewell)
}

const first = 700
const longest = 10_000
let watching = false

/** Looks again and again, ever more seldom, for as long as something may change by itself. */
const watch = () => {
  if (watching) return
  watching = true
  let pause = first
  const look = async () => {
    if (!document.hidden && !busy) await refresh()
    if (!waits.has(standing.stage)) {
      watching = false
      return
    }
    pause = Math.min(pause * 1.4, longest)
    setTimeout(look, pause)
  }
  setTimeout(look, pause)
}

/** Asks where the payment stands. Without an answer what is shown stays: it was true, and nothing is guessed. */
const refresh = async () => {
  const answer = await door.look()
  if (busy) return
  complain(answer._tag === "Lost" && waits.has(standing.stage) ? "offline" : undefined)
  if (answer._tag === "Standing") show(answer.standing, standing.stage !== answer.standing.stage)
}

/** After an answer that was lost: nobody knows whether the card was charged until the door says so. */
const findOut = async () => {
  show({ ...standing, stage: "processing" }, true)
  for (let pause = first; ; pause = Math.min(pause * 1.6, longest)) {
    complain("offline")
    await new Promise((resolve) => setTimeout(resolve, pause))
    const answer = await door.look()
    if (answer._tag !== "Standing") continue
    setBusy(false)
    complain(takesCard(answer.standing.stage) && answer.standing.turn === standing.turn ? "lost" : undefined)
    return show(answer.standing, true)
  }
}

const pay = async () => {
  if (busy || fields === undefined || !takesCard(standing.stage)) return
  setBusy(true)
  complain()
  const tokenized = await fields.tokenize()
  if (typeof tokenized === "string") {
    setBusy(false)
    return complain(tokenized === "invalid" ? undefined : "vault")
  }
  const { turn } = standing
  host.tell("processing")
  show({ ...standing, stage: "processing" }, true)
  const answer = await door.pay(turn, tokenized)
  switch (answer._tag) {
    case "Lost":
      return findOut()
    case "Refused":
      setBusy(false)
      show({ stage: turn === 0 ? "pay" : "declined", turn }, true)
      return complain(answer.code === "too_many_requests" ? "often" : "card")
    case "Standing":
      setBusy(false)
      show(answer.standing, true)
      if (answer.standing.stage === "authenticate" && data.hosts === undefined) goToBank(answer.standing)
  }
}

/** In a page of its own the bank's page takes this one's place; in a frame it is shown inside. */
const goToBank = ({ action }: Standing) => {
  if (action !== undefined && isWeb(action)) location.assign(action)
}

form.addEventListener("submit", (event) => {
  event.preventDefault()
  void pay()
})

const listening: Listening = {
  onReady: () => {
    setBusy(busy)
    complain()
    host.ready()
  },
  onSubmit: () => void pay(),
  onUnavailable: () => complain("fields")
}

const openFields = async () => {
  if (data.fields === undefined || (!takesCard(standing.stage) && !waits.has(standing.stage))) return
  if (data.fields.vault === "stub") {
    const frame = document.querySelector<HTMLIFrameElement>("iframe[data-fields]")
    if (frame !== null) fields = stubFields(frame, data.fields, listening)
    return
  }
  fields = await basisTheoryFields(data.fields, door, listening)
  setBusy(busy)
}

addEventListener("message", ({ origin, data: said }) => {
  if (origin === location.origin && said?.type === "back") void refresh()
})
// Back from another page or tab, or on the line again: what is shown may be of long ago.
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) leaving = false
  if (persisted && !busy) void refresh()
})
addEventListener("online", () => void (busy || refresh()))
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && !busy) void refresh()
})

keepGuard()
show(standing, false)
void openFields()
