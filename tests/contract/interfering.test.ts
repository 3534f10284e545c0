import { it } from "@effect/vitest"
import { Duration, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { describe, expect } from "vitest"
import { VaultToken } from "../../src/kernel/Card.ts"
import type { OutgoingRequest, Transport } from "../../src/layers/transport/Exchange.ts"
import { type Interference, interfering, paced, type Wire } from "./interfering.ts"

const card = new VaultToken({ vaultId: "basis_theory", tokenRef: "tok_1" })

const request = (path: string, body = "", host = "far.example"): OutgoingRequest => ({
  method: "POST",
  url: new URL(path, `https://${host}`),
  headers: {},
  body,
  deadline: Duration.seconds(1)
})

/** A far end that answers everything, and keeps what reached it. */
const farEnd = () => {
  const reached: Array<string> = []
  const transport: Transport = ({ url }) =>
    Effect.sync(() => {
      reached.push(url.pathname)
      return {
        _tag: "Answered",
        status: 200,
        headers: [],
        body: new TextEncoder().encode("pm_1"),
        whole: true
      }
    })
  return { reached, transport }
}

/** Charges name the card by its token, or by what the first answer called it. */
const wire: Wire = {
  charges: ({ url, body }) => (url.pathname === "/charge" ? body : undefined),
  names: ({ url, body = "" }, answer) =>
    url.pathname === "/keep" ? [body, new TextDecoder().decode(answer.body)] : undefined
}

const charging = Effect.fnUntraced(function* (interference: Interference, by = "tok_1") {
  const { reached, transport } = farEnd()
  const send = interfering(transport, wire, [[card, interference]], Duration.seconds(4))
  yield* send(request("/keep", "tok_1"))
  const fiber = yield* Effect.forkChild(send(request("/charge", by)))
  yield* TestClock.adjust(Duration.seconds(3))
  const early = fiber.pollUnsafe() !== undefined
  yield* TestClock.adjust(Duration.seconds(1))
  return { exchanged: yield* Fiber.join(fiber), early, charged: reached.includes("/charge") }
})

describe("a charge that is interfered with", () => {
  it.effect.each<readonly [Interference, object]>([
    ["lost", { charged: true, early: true, exchanged: { _tag: "Unanswered", code: "timeout" } }],
    ["unsent", { charged: false, early: true, exchanged: { _tag: "Unanswered", code: "timeout" } }],
    [
      "cut",
      { charged: true, early: true, exchanged: { whole: false, body: new TextEncoder().encode("pm") } }
    ],
    ["page", { charged: true, early: true, exchanged: { status: 200, whole: true } }],
    ["late", { charged: true, early: false, exchanged: { status: 200, whole: true } }],
    ["given_up", { charged: true, early: true, exchanged: { status: 408 } }],
    ["given_up_unsent", { charged: false, early: true, exchanged: { status: 408 } }]
  ])("goes wrong in one way: %j", ([interference, expected]) =>
    Effect.gen(function* () {
      for (const name of ["tok_1", "pm_1"]) {
        expect(yield* charging(interference, name), name).toMatchObject(expected)
      }
    })
  )

  it.effect("is one of the planned cards, and no other", () =>
    Effect.gen(function* () {
      expect(yield* charging("unsent", "tok_2")).toMatchObject({ charged: true, exchanged: { status: 200 } })
    })
  )
})

describe("a paced transport", () => {
  it.effect("leaves time between the requests to one host, and delays no other's", () =>
    Effect.gen(function* () {
      const { reached, transport } = farEnd()
      const send = paced(transport, (host) =>
        host === "vault.example" ? Duration.seconds(2) : Duration.zero
      )
      const all = [
        request("/v1", "", "vault.example"),
        request("/v2", "", "vault.example"),
        request("/v3", "", "vault.example"),
        request("/p1"),
        request("/p2")
      ]
      const fiber = yield* Effect.forkChild(Effect.all(all.map(send), { concurrency: "unbounded" }))
      yield* TestClock.adjust(Duration.millis(1999))
      expect(reached.toSorted()).toEqual(["/p1", "/p2", "/v1"])
      yield* TestClock.adjust(Duration.millis(1))
      expect(reached.at(-1)).toBe("/v2")
      yield* TestClock.adjust(Duration.seconds(2))
      yield* Fiber.join(fiber)
      expect(reached).toHaveLength(5)
    })
  )
})
