// Waiting for a payment: what ends it, and what is only a reason to look.
import { describe, expect, it } from "vitest"
import { settlementNews, waitForSettlement } from "../../packages/sdk/src/index.ts"
import { badGateway, refusal, type Scripted, scripted, session } from "./scripted.ts"

const in_ = (state: string, more: object = {}): Scripted => ({
  status: 200,
  json: { ...session(state), ...more }
})
const soon = { firstDelayMs: 1, longestDelayMs: 3 }
const action = { type: "redirect", url: "https://bank.example/3ds" }

describe("waiting for a payment", () => {
  for (const state of ["settled", "failed", "cancelled", "expired"] as const) {
    it(`ends when it is ${state}, and says that this is the end`, async () => {
      const { payments, seen } = scripted([in_("pending"), in_("processing"), in_(state)])
      const settlement = await waitForSettlement(payments, "ps_1", soon)
      expect(settlement).toMatchObject({ end: state, final: true, session: { state } })
      expect(seen).toHaveLength(3)
    })
  }

  it("ends in review, and says that this is not the end; or goes on through it when asked to", async () => {
    const story = [in_("processing"), in_("in_review"), in_("in_review"), in_("settled")]
    const first = scripted(story)
    expect(await waitForSettlement(first.payments, "ps_1", soon)).toMatchObject({
      end: "in_review",
      final: false
    })
    const second = scripted(story)
    const through = { ...soon, throughReview: true }
    expect(await waitForSettlement(second.payments, "ps_1", through)).toMatchObject({ end: "settled" })
  })

  it("hands over what the customer has to do", async () => {
    const { payments } = scripted([in_("in_review", { action })])
    const settlement = await waitForSettlement(payments, "ps_1", soon)
    expect(settlement).toMatchObject({ end: "action_required", final: false, action: { url: action.url } })
  })

  it("ends when its time is over, without calling that an end of the payment", async () => {
    const { payments } = scripted([in_("pending")])
    const settlement = await waitForSettlement(payments, "ps_1", { ...soon, timeoutMs: 20 })
    expect(settlement).toMatchObject({ end: "not_yet", final: false, session: { state: "pending" } })
  })

  it("takes a state that it does not know for none of the ends", async () => {
    const { payments } = scripted([in_("half_settled"), in_("settled")])
    expect(await waitForSettlement(payments, "ps_1", soon)).toMatchObject({ end: "settled" })
  })

  it("outlasts a server that cannot be reached for a while, and a session that nobody knows ends it", async () => {
    const away = Array.from({ length: 9 }, () => badGateway)
    const { payments, seen } = scripted([...away, refusal(429, "rate_limited"), in_("settled")])
    expect(await waitForSettlement(payments, "ps_1", soon)).toMatchObject({ end: "settled" })
    expect(seen).toHaveLength(11)
    const never = scripted([refusal(404, "unknown_session", { session: "ps_1" })])
    expect(await waitForSettlement(never.payments, "ps_1", soon).result()).toMatchObject({
      ok: false,
      error: { code: "unknown_session" }
    })
  })

  it("looks at once when an event tells of the session, and of no other", async () => {
    const news = settlementNews()
    const { payments, seen } = scripted([in_("pending"), in_("settled")])
    const wait = waitForSettlement(payments, "ps_1", { firstDelayMs: 600_000, longestDelayMs: 600_000, news })
    await new Promise((resolve) => setTimeout(resolve, 20))
    news.tell({ data: { session: "ps_2" } })
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(seen).toHaveLength(1)
    news.tell({ data: { session: "ps_1" } })
    expect(await wait).toMatchObject({ end: "settled" })
    expect(seen).toHaveLength(2)
  })

  it("does not miss an event that comes while it looks", async () => {
    const news = settlementNews()
    const { payments } = scripted([in_("pending"), in_("settled")])
    const wait = waitForSettlement(payments, "ps_1", { firstDelayMs: 600_000, longestDelayMs: 600_000, news })
    news.tell({ data: { session: "ps_1" } })
    expect(await wait).toMatchObject({ end: "settled" })
  })

  it("ends when it is aborted", async () => {
    const { payments } = scripted([in_("pending")])
    const control = new AbortController()
    const wait = waitForSettlement(payments, "ps_1", {
      firstDelayMs: 600_000,
      longestDelayMs: 600_000,
      signal: control.signal
    })
    setTimeout(() => control.abort(), 10)
    expect(await wait.result()).toMatchObject({ ok: false, error: { code: "aborted" } })
  })
})
