import { createHash } from "node:crypto"
import type { Fault } from "../plumbing/Fault.ts"
import type { Reply } from "../plumbing/Http.ts"
import { paced } from "../plumbing/serve.ts"
import type { SavedAnswer } from "./records.ts"
import { invalid, StripeRefusal } from "./StripeRefusal.ts"
import type { Call, World } from "./world.ts"

const day = 24 * 3600 * 1000

/** An answer, and whether the endpoint had begun to work when it was given. */
export interface Worked {
  readonly reply: Reply
  readonly began: boolean
}

const rowOf = (call: Call) => `${call.account} ${call.idempotencyKey}`

/** What was answered under this key within the last day. */
export const savedAnswer = (world: World, call: Call): SavedAnswer | undefined => {
  if (call.idempotencyKey === "") return undefined
  const saved = world.saved.get(rowOf(call))
  return saved === undefined || world.bench.clock.now() - saved.at >= day ? undefined : saved
}

const mismatch = (message: string) => new StripeRefusal(400, { type: "idempotency_error", message }, false)

/** A fingerprint of the parameters: they may hold a card number, which is kept nowhere here. */
const parametersOf = (call: Call) =>
  createHash("sha256").update(JSON.stringify(call.fields.pairs.toSorted())).digest("hex")

/**
 * Runs a POST at most once for each key: another request with the same key is answered as the first one was, even
 * if that was a 500, and no two run at once. Keys are forgotten after a day.
 */
export const makeIdempotency = (world: World) => {
  const running = new Set<string>()
  return async (
    call: Call,
    endpoint: string,
    fault: Fault | undefined,
    work: () => Worked
  ): Promise<Reply> => {
    const { clock, store } = world.bench
    const key = call.idempotencyKey
    if (key === "") return paced(clock, fault, () => store.transact(() => work().reply))
    if (key.length > 255) throw invalid("Idempotency keys must be at most 255 characters long.")
    const row = rowOf(call)
    if (running.has(row)) {
      throw new StripeRefusal(
        409,
        {
          type: "invalid_request_error",
          code: "idempotency_key_in_use",
          message:
            "There is currently another in-progress request using this Idempotent Key (that probably means you " +
            `submitted twice, and the other request is still going through): ${key}. Please try again later.`
        },
        false
      )
    }
    const saved = savedAnswer(world, call)
    if (saved !== undefined) {
      if (saved.endpoint !== endpoint) {
        throw mismatch(
          `Keys for idempotent requests can only be used for the same endpoint they were first used for ` +
            `('${endpoint}' vs '${saved.endpoint}'). Try using a key other than '${key}' if you meant to execute a ` +
            "different request."
        )
      }
      if (saved.parameters !== parametersOf(call)) {
        throw mismatch(
          "Keys for idempotent requests can only be used with the same parameters they were first used with. Try " +
            `using a key other than '${key}' if you meant to execute a different request.`
        )
      }
      return {
        status: saved.status,
        headers: {
          "content-type": "application/json",
          "idempotent-replayed": "true",
          "original-request": saved.requestId
        },
        body: saved.body
      }
    }
    running.add(row)
    try {
      return await paced(clock, fault, () =>
        store.transact(() => {
          const { reply, began } = work()
          if (began) {
            world.saved.put(row, {
              endpoint,
              parameters: parametersOf(call),
              requestId: call.requestId,
              at: clock.now(),
              status: reply.status,
              body: String(reply.body)
            })
          }
          return reply
        })
      )
    } finally {
      running.delete(row)
    }
  }
}
