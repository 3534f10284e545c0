import { DateTime, Duration } from "effect"
import { Attempt } from "../../../src/kernel/Attempt.ts"
import { AttemptId, BrandId, EntityId, MidId, ProviderName, SessionId } from "../../../src/kernel/ids.ts"
import { Money } from "../../../src/kernel/Money.ts"
import type { Unresolved } from "../../../src/kernel/PaymentLedger.ts"

/** An attempt of an account at that provider whose outcome nobody knows. */
export const unresolved = (
  nr: number,
  provider: string,
  age: Duration.Duration = Duration.seconds(1)
): Unresolved => {
  const ulid = `0000000000000000000000000${nr}`
  return {
    attempt: new Attempt({
      id: AttemptId.make(`at_${ulid}_1`),
      session: SessionId.make(`ps_${ulid}`),
      ordinal: 1,
      mid: MidId.make("mid_1"),
      entity: EntityId.make("entity"),
      provider: ProviderName.make(provider),
      category: "supplements",
      brand: BrandId.make("brand"),
      money: new Money({ amount: 4900, currency: "USD" }),
      idempotencyKey: `key_${nr}`,
      state: "indeterminate"
    }),
    writtenAt: DateTime.makeUnsafe(0),
    age: Duration.toMillis(age)
  }
}
