import { describe, expectTypeOf, it } from "@effect/vitest"
import type { Effect } from "effect"
import type { failover } from "../../src/kernel/cascade/Cascade.ts"
import type { Absent, Captured, Declined, Indeterminate } from "../../src/kernel/cascade/Disposition.ts"
import type { CommittedAttempt, SendPermit } from "../../src/kernel/cascade/SendPermit.ts"
import type { AttemptId, EntityId, MidId, SessionId } from "../../src/kernel/ids.ts"
import type { PaymentProvider, TokenCharge } from "../../src/kernel/PaymentProvider.ts"

// Held by the compiler: `npm run check` reads these files. At run time they say nothing.

type FailoverInput = Parameters<typeof failover>[0]
type PermitInput = Parameters<TokenCharge["chargeToken"]>[0]

describe("a cascade goes on", () => {
  it("after a decline", () => {
    expectTypeOf<Declined>().toExtend<FailoverInput>()
  })

  it("after nothing else", () => {
    expectTypeOf<Indeterminate>().not.toExtend<FailoverInput>()
    expectTypeOf<Captured>().not.toExtend<FailoverInput>()
    expectTypeOf<Absent>().not.toExtend<FailoverInput>()
    expectTypeOf<Declined | Indeterminate>().not.toExtend<FailoverInput>()
    expectTypeOf<Error>().not.toExtend<FailoverInput>()
  })
})

describe("a driver is called", () => {
  it("with a permit", () => {
    expectTypeOf<SendPermit>().toExtend<PermitInput>()
  })

  it("with nothing that looks like one", () => {
    expectTypeOf<CommittedAttempt>().not.toExtend<PermitInput>()
    expectTypeOf<{ readonly attempt: CommittedAttempt }>().not.toExtend<PermitInput>()
    expectTypeOf<Pick<SendPermit, "attempt">>().not.toExtend<PermitInput>()
  })

  it("and a permit is not constructed by hand", () => {
    expectTypeOf<typeof SendPermit>().not.toExtend<new (committed: CommittedAttempt) => SendPermit>()
  })

  it("and answers with a capture, a decline or that it does not know", () => {
    expectTypeOf<ReturnType<TokenCharge["chargeToken"]>>().toEqualTypeOf<
      Effect.Effect<Captured, Declined | Indeterminate>
    >()
  })
})

describe("what a processor cannot do", () => {
  it("is absent, and every capability may be", () => {
    type Core = Pick<PaymentProvider, "name" | "charge" | "refundContext" | "refund">
    expectTypeOf<Core>().toExtend<PaymentProvider>()
  })
})

describe("ids", () => {
  it("are not mistaken for one another, nor is a text for one", () => {
    expectTypeOf<MidId>().not.toExtend<EntityId>()
    expectTypeOf<SessionId>().not.toExtend<AttemptId>()
    expectTypeOf<string>().not.toExtend<SessionId>()
  })
})
