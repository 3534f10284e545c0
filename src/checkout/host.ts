import type { Stage } from "../kernel/checkout/Stage.ts"
import type { ToHost } from "./wire.ts"

/** What a stage is called in the page around an embedded checkout. */
const events: Readonly<Record<Stage, ToHost | undefined>> = {
  pay: undefined,
  declined: { type: "declined" },
  processing: { type: "processing" },
  authenticate: { type: "authenticate" },
  in_review: { type: "inReview" },
  paid: { type: "settled" },
  refused: { type: "ended", stage: "refused" },
  ended: { type: "ended", stage: "ended" },
  cancelled: { type: "ended", stage: "cancelled" },
  expired: { type: "ended", stage: "expired" }
}

/** The page around this one, if it is one that may be there: it is told events and the height, and nothing else. */
export const openHost = (hosts: ReadonlyArray<string> | undefined) => {
  const named = new URLSearchParams(location.hash.slice(1)).get("host") ?? ""
  const host = parent !== window && hosts?.includes(named) === true ? named : undefined
  let told: Stage | undefined
  const say = (message: ToHost) => {
    // To that very origin: another page that took its place there hears nothing.
    if (host !== undefined) parent.postMessage({ ...message, from: "payment-checkout" }, host)
  }
  if (host !== undefined) {
    new ResizeObserver(() =>
      say({ type: "height", height: Math.ceil(document.body.getBoundingClientRect().height) })
    ).observe(document.body)
  }
  return {
    ready: () => say({ type: "ready" }),
    tell: (stage: Stage) => {
      const event = events[stage]
      if (stage !== told && event !== undefined) say(event)
      told = stage
    }
  }
}
