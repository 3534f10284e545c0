import { Effect } from "effect"
import { Captured, Declined } from "../../src/kernel/cascade/Disposition.ts"
import { attemptId, Principal, SessionId } from "../../src/kernel/ids.ts"
import { PaymentLedger } from "../../src/kernel/PaymentLedger.ts"
import { type Charge, isLie } from "./Books.ts"
import type { FarSide } from "./FarSide.ts"
import type { Party } from "./Party.ts"
import type { Services } from "./Process.ts"
import type { Refunder } from "./Refunder.ts"
import type { Replica } from "./Replica.ts"
import type { World } from "./World.ts"

/** What brings webhooks about charges to a replica, until they are taken. */
export const chargeWebhooks = (
  world: World,
  outside: Party,
  replicas: readonly [Replica, Replica],
  refunder: Refunder | undefined
): FarSide["webhook"] => {
  const { draws } = world

  /** The app heard that money moved after all, and gives it back. */
  const lateCapture = ({ session, reference }: Charge): void => {
    if (refunder === undefined || !draws.fires("refund against a late capture")) return
    world.after(draws.between("late capture goes back after", 0, 3_000), () =>
      outside.fork(refunder.givesBackLate(session, reference))
    )
  }

  const brings: FarSide["webhook"] = (charge, after) => {
    const again = () => brings(charge, draws.between("W again after", 5_000, 120_000))
    world.after(after, () => {
      world.say(
        charge.gateway,
        () => `W: attempt ${charge.ordinal} ${charge.movesAt === undefined ? "declined" : "captured"}`
      )
      const twice = draws.fires("W twice")
      for (const replica of twice ? replicas : [draws.pick("replica of W", replicas)]) {
        outside.fork(
          replica.ask(takes(charge)).pipe(
            Effect.matchEffect({
              onFailure: () => Effect.sync(again),
              onSuccess: () =>
                Effect.sync(() => {
                  if (isLate(charge)) lateCapture(charge)
                  if (draws.fires("ack of W lost")) again()
                })
            })
          )
        )
      }
    })
  }
  return brings
}

/** The session was decided otherwise, or may have been. */
const isLate = (charge: Charge): boolean =>
  isLie(charge) || (charge.movesAt ?? 0) - charge.arrivedAt > 900_000

const gateway = Principal.make("webhook")

/** What takes a webhook in: the same step of the ledger that a driver's and a lookup's evidence goes through. */
const takes = ({
  session,
  ordinal,
  verdict,
  movesAt,
  reference,
  amount,
  asked,
  code
}: Charge): Effect.Effect<unknown, unknown, Services> =>
  Effect.flatMap(PaymentLedger, (ledger) =>
    ledger.record({
      attempt: attemptId(SessionId.make(session), ordinal),
      fence: 0,
      outcome:
        verdict === "declined" && movesAt === undefined
          ? new Declined({
              kind: code === "stolen_card" ? "hard" : "soft",
              evidence: { code, message: "declined" }
            })
          : new Captured({
              processorReference: reference,
              amount,
              currency: asked.currency,
              evidence: { code: "approved", message: "captured" }
            }),
      source: "webhook",
      next: [],
      by: gateway
    })
  )
