import { Duration } from "effect"
import {
  Captured,
  Declined,
  type DeclineKind,
  Indeterminate
} from "../../../src/kernel/cascade/Disposition.ts"
import { idempotencyKey } from "../../../src/kernel/cascade/IdempotencyKey.ts"
import { SendPermit } from "../../../src/kernel/cascade/SendPermit.ts"
import { attemptId, MidId, ProviderName } from "../../../src/kernel/ids.ts"
import { Money } from "../../../src/kernel/Money.ts"
import type { Candidate } from "../../../src/kernel/PaymentLedger.ts"
import { sessionId } from "./accounts.ts"

export const session = sessionId(1)
export const money = new Money({ amount: 1000, currency: "USD" })

export const captured = new Captured({
  processorReference: "ch_1",
  amount: 1000,
  currency: "USD",
  evidence: { code: "approved", message: "approved" }
})

export const declined = (kind: DeclineKind): Declined =>
  new Declined({ kind, evidence: { code: "declined", message: `${kind} decline` } })

export const indeterminate = new Indeterminate({ evidence: { code: "timeout", message: "no answer" } })

/** An account to go to; its driver bears its name. */
export const candidate = (mid: string): Candidate => ({
  mid: MidId.make(mid),
  provider: ProviderName.make(`driver_of_${mid}`),
  lease: Duration.seconds(30)
})

/** What a ledger hands out once an attempt on that account is committed. */
export const permitFor = ({ mid, provider }: Candidate, ordinal: number, askedAt?: bigint): SendPermit =>
  SendPermit.afterCommit(
    {
      attempt: attemptId(session, ordinal),
      session,
      ordinal,
      mid,
      provider,
      money,
      idempotencyKey: idempotencyKey(session, ordinal, mid),
      fence: 1
    },
    askedAt
  )
