import type { Stage } from "../kernel/checkout/Stage.ts"
import { openDoor } from "./door.ts"
import { basisTheoryFields, type CardFields, type Listening, stubFields } from "./fields.ts"
import { keepGuard } from "./guard.ts"
import { openHost } from "./host.ts"
import { giveBack, payFor, takesCard } from "./paying.ts"
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
let complaint: string | undefined

/** Says what went wrong, or nothing. It stays until somebody does something. */
const complain = (problem?: string) => {
  complaint = problem
  for (const one of problems) one.hidden = one.dataset["problem"] !== problem
}

const setBusy = (now: boolean) => {
  busy = now
  form.setAttribute("aria-busy", String(now))
  if (button !== null) button.disabled = now || fields === undefined
}

const waits: ReadonlySet<Stage> = new Set(["processing", "authenticate", "in_review"])

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
  if (takeThere && before.stage !== stage) {
    panels
      .find((panel) => !panel.hidden)
      ?.querySelector<HTMLElement>("[tabindex]")
      ?.focus()
  }
  if (stage === "paid") leave()
  if (before.stage !== stage) pause = first
  plan()
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
/** Somebody may be paying in another window. */
const seldom = 15_000
let pause = first
let timer: ReturnType<typeof setTimeout> | undefined

/** Looks again and again, ever more seldom, for as long as something may change by itself. */
const plan = () => {
  clearTimeout(timer)
  if (takesCard(standing)) timer = setTimeout(tick, seldom)
  if (waits.has(standing.stage)) timer = setTimeout(tick, pause)
}
const tick = async () => {
  pause = Math.min(pause * 1.4, longest)
  if (!document.hidden) await refresh()
  plan()
}

/** Asks where the payment stands. Without an answer what is shown stays: it was true, and nothing is guessed. */
const refresh = async () => {
  if (busy) return
  const before = standing
  const answer = await door.look()
  // What was shown meanwhile is newer.
  if (busy || standing !== before) return
  if (answer._tag === "Lost") {
    if (waits.has(standing.stage)) complain("offline")
    return
  }
  if (complaint === "offline") complain()
  if (answer._tag !== "Standing") return
  show(answer.standing, before.stage !== answer.standing.stage)
  if (!waits.has(before.stage)) return
  // Whoever waited is told why another card may be given.
  if (standing.stage === "pay") complain("lost")
  if (standing.stage === "declined") fields?.clear()
}

const pay = async () => {
  if (busy || fields === undefined || !takesCard(standing)) return
  const { turn } = standing
  setBusy(true)
  complain()
  try {
    const tokenized = await fields.tokenize().catch(() => "unavailable" as const)
    if (tokenized === "invalid") return complain()
    if (tokenized === "unavailable") return await noVault(turn)
    show({ ...standing, stage: "processing" }, true)
    const outcome = await payFor(door, turn, tokenized, () => complain("offline"))
    show(outcome.standing, true)
    complain(outcome.problem)
    // A card that was not even tried may be tried again.
    if (standing.stage === "declined" && outcome.problem === undefined) fields.clear()
    if (standing.stage === "authenticate" && data.hosts === undefined) goToBank(standing)
  } finally {
    setBusy(false)
  }
}

/** Whoever loaded the page in mid-charge may have asked in this turn already: it ends before that nothing was charged. */
const noVault = async (turn: number) => {
  const answer = await giveBack(door, turn)
  if (answer._tag !== "Standing") return complain(answer._tag === "Lost" ? "noAnswer" : "wait")
  show(answer.standing, true)
  complain(takesCard(answer.standing) ? "vault" : undefined)
}

/**
 * Back to the shop, where the order may be paid again: only after this payment was given back, so that nothing of it
 * can be charged any more. Without an answer nobody is led there.
 */
const goBack = async (address: string) => {
  if (busy) return
  setBusy(true)
  let answer = await door.withdraw(standing.turn)
  const refused = answer._tag === "Refused"
  // Another window may have paid meanwhile: it is looked at before anything is said.
  if (refused) answer = await door.look()
  setBusy(false)
  if (answer._tag !== "Standing") return complain("noAnswer")
  const { stage } = answer.standing
  show(answer.standing, true)
  // Nothing was given back, so nothing is said of what was charged.
  if (refused && takesCard(answer.standing)) return complain("wait")
  if (!waits.has(stage) && stage !== "paid") location.assign(address)
}

/** In a page of its own the bank's page takes this one's place; in a frame it is shown inside. */
const goToBank = ({ action }: Standing) => {
  if (action !== undefined && isWeb(action)) location.assign(action)
}

for (const link of document.querySelectorAll<HTMLAnchorElement>("a[data-back]"))
  link.addEventListener("click", (event) => {
    event.preventDefault()
    void goBack(link.href)
  })

form.addEventListener("submit", (event) => {
  event.preventDefault()
  void pay()
})

const listening: Listening = {
  onReady: () => {
    setBusy(busy)
    if (complaint === "fields") complain()
    host.ready()
  },
  onSubmit: () => void pay(),
  onUnavailable: () => complain("fields")
}

const openFields = async () => {
  if (data.fields === undefined || (!takesCard(standing) && !waits.has(standing.stage))) return
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
  if (persisted) void refresh()
})
addEventListener("online", () => void refresh())
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) void refresh()
})

keepGuard(data.door)
show(standing, false)
void openFields()
