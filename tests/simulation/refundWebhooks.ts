import { Effect } from "effect"
import { MidId } from "../../src/kernel/ids.ts"
import { RefundNews } from "../../src/kernel/refunds/RefundNews.ts"
import type { FarSide } from "./FarSide.ts"
import type { Party } from "./Party.ts"
import type { Replica } from "./Replica.ts"
import type { World } from "./World.ts"

/** How often one is brought again that nobody took; the inbox itself keeps them for hours. */
const mostTries = 12

/** What brings webhooks about refunds to a replica, again and again until they are taken. */
export const refundWebhooks = (
  world: World,
  outside: Party,
  replicas: readonly [Replica, Replica]
): FarSide["refundWebhook"] => {
  const { draws } = world
  const brings: (...of: [...Parameters<FarSide["refundWebhook"]>, number]) => void = (
    back,
    after,
    said,
    tries
  ) => {
    const { mid, reference, chargeReference, gateway } = back
    const again = () => {
      if (tries < mostTries) brings(back, draws.between("W again after", 5_000, 120_000), said, tries + 1)
    }
    const heard = Effect.flatMap(RefundNews, (news) =>
      news.heard(MidId.make(mid), {
        refundReference: reference,
        processorReference: chargeReference,
        ...(said === undefined ? {} : { said })
      })
    )
    world.after(after, () => {
      world.say(gateway, () => `W: ${reference} of ${chargeReference}${said === undefined ? "" : " failed"}`)
      const twice = tries === 0 && draws.fires("W of a refund twice")
      for (const replica of twice ? replicas : [draws.pick("replica of W", replicas)]) {
        outside.fork(
          replica.ask(heard).pipe(
            Effect.matchEffect({
              onFailure: () => Effect.sync(again),
              onSuccess: (isKnown) => Effect.sync(() => void (isKnown || again()))
            })
          )
        )
      }
    })
  }
  return (back, after, said) => brings(back, after, said, 0)
}
