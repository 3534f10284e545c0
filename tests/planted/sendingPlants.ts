import type { Plant } from "./plant.ts"

// Bugs by which a charge is sent that may not be, twice, or otherwise than it was asked for.

const cascade = "src/kernel/cascade/Cascade.ts"
const charge = "src/kernel/cascade/chargeAcrossProviders.ts"
const key = "src/kernel/cascade/IdempotencyKey.ts"
const orchestrator = "src/kernel/PaymentOrchestrator.ts"
const detached = "src/kernel/detached.ts"
const routing = "src/kernel/routing/RoutingPolicy.ts"
const driver = "src/layers/providers/stub/driver.ts"
const open = "src/layers/memory/open.ts"
const permitRefusal = "src/layers/memory/permitRefusal.ts"

export const sendingPlants: ReadonlyArray<Plant> = [
  {
    name: "the transport retries a charge",
    law: "no charge is sent twice",
    harm: "a gateway without a duplicate check charges twice",
    edits: [
      {
        file: driver,
        find: "const text = yield* send(request)",
        put: "const text = yield* Effect.repeat(send(request), { until: Option.isSome, times: 1 })"
      }
    ]
  },
  {
    name: "what could not be recorded is sent again",
    law: "no charge is sent twice",
    harm: "a captured card is captured again",
    edits: [
      {
        file: cascade,
        find: `      if (event._tag === "NotRecorded") return stop({ _tag: "LeftToReconciler" })`,
        put: `      if (event._tag === "NotRecorded") return [{ _tag: "Sending", permit: state.permit, remaining: [] }, { _tag: "Send", permit: state.permit }]`
      },
      {
        file: charge,
        find: `        event = yield* record(command.permit, command.outcome, command.next, by)`,
        put: `        event = yield* record(command.permit, command.outcome, command.next, by)
        permittedAt = yield* Clock.monotonicTimeNanos`
      }
    ]
  },
  {
    name: "an old permit is used",
    law: "an old permit is not used",
    harm: "a process that stood still charges what others have given up",
    edits: [
      {
        file: charge,
        find: `(yield* Clock.monotonicTimeNanos) - permittedAt > Duration.toNanosUnsafe(permitLifetime)`,
        put: `(yield* Clock.monotonicTimeNanos) < permittedAt`
      }
    ]
  },
  {
    name: "a permit is young from its ack",
    law: "an old permit is not used",
    harm: "a process that stood still before it heard of its permit uses it",
    edits: [
      {
        file: charge,
        find: `        event =
          opening._tag === "Permitted"`,
        put: `        permittedAt = yield* Clock.monotonicTimeNanos
        event =
          opening._tag === "Permitted"`
      }
    ]
  },
  {
    name: "a write-ahead without an answer counts as done",
    law: "no charge is sent twice",
    harm: "a card is charged of which no record exists",
    edits: [
      {
        file: charge,
        find: `          request.confirmation
        )
        event =`,
        put: `          request.confirmation
        ).pipe(Effect.catch(() => Effect.succeed({ _tag: "Permitted" as const, passedOver: [], permit: SendPermit.afterCommit({ attempt: attemptId(request.session, 1), session: request.session, ordinal: 1, mid: request.candidates[0]!.mid, provider: request.candidates[0]!.provider, money: { amount: 4900, currency: "USD" }, idempotencyKey: idempotencyKey(request.session, 1, request.candidates[0]!.mid), fence: 1 }) })))
        event =`
      },
      {
        file: charge,
        find: `import type { SendPermit } from "./SendPermit.ts"`,
        put: `import { SendPermit } from "./SendPermit.ts"
import { attemptId } from "../ids.ts"
import { idempotencyKey } from "./IdempotencyKey.ts"`
      }
    ],
    near: 10
  },
  {
    name: "a kill switch is judged in routing only",
    law: "an entity collects on its own open accounts for what they are underwritten for",
    harm: "an account that was stopped is charged by whoever had not heard of it",
    edits: [{ file: permitRefusal, find: `  if (account.killSwitch) return "kill_switch_on"`, put: `` }]
  },
  {
    name: "underwriting is judged in routing only",
    law: "an entity collects on its own open accounts for what they are underwritten for",
    near: 339,
    harm: "goods are charged on an account that is not underwritten for them",
    edits: [
      {
        file: permitRefusal,
        find: `!account.underwrittenFor.includes(category) ||`,
        put: `!account.underwrittenFor.includes(category) && collector === undefined ||`
      }
    ]
  },
  {
    name: "any company's accounts serve",
    law: "an entity collects on its own open accounts for what they are underwritten for",
    harm: "one company collects on the account of another",
    edits: [
      {
        file: routing,
        find: `append(byEntity, entry.account.entity, compileAccount(entry))`,
        put: `for (const entity of ["loop_nutrition", "loop_goods"]) append(byEntity, entity as typeof entry.account.entity, compileAccount(entry))`
      },
      {
        file: permitRefusal,
        find: `account.entity !== entity || account.provider !== provider`,
        put: `account.provider !== provider`
      }
    ]
  },
  {
    name: "keys are drawn",
    law: "a key is a function of session, ordinal and account",
    harm: "a gateway cannot tell that it was asked before",
    edits: [
      {
        file: key,
        find: "`${session}-${ordinal}-${midTag(mid)}`",
        put: "`${session}-${ordinal}-${midTag(mid).slice(4)}${Math.random().toString(16).slice(2, 8)}`"
      }
    ]
  },
  {
    name: "a caller who hangs up leaves nothing behind",
    law: "nobody takes over from the living",
    near: 1471,
    harm: "a charge that was sent goes unrecorded until somebody takes it over",
    edits: [
      { file: orchestrator, find: `Effect.forkIn(scope, { uninterruptible: true })`, put: `Effect.forkChild` }
    ]
  },
  {
    name: "a record is given up at its first failure",
    law: "nobody takes over from the living",
    harm: "a capture is left in doubt by one lost packet",
    edits: [{ file: charge, find: `    Effect.retry(recordingRetries),`, put: `` }]
  },
  {
    name: "an answer after the deadline is thrown away",
    law: "what a processor said is written down",
    harm: "a charge stays in doubt although its gateway has answered",
    edits: [
      {
        file: charge,
        find: `          Effect.forkDetach(recordLate(permit, charging, by)),`,
        put: `          Effect.forkDetach(Fiber.interrupt(charging)),`
      }
    ]
  },
  {
    name: "whoever is late holds everybody up",
    law: "nobody takes over from the living",
    harm: "a shutdown waits for ever for a silent gateway",
    edits: [
      {
        file: detached,
        find: `Effect.andThen(
        Effect.interruptible(Effect.sleep(deadline)),`,
        put: `Effect.andThen(
        Effect.interruptible(Effect.never),`
      }
    ]
  },
  {
    name: "a charge is sent under a key of the driver's own",
    law: "nothing is sent before its row is committed",
    harm: "money moves under a key of which no record exists",
    edits: [
      {
        file: driver,
        find: `prove({ _tag: "Charge", mid, idempotencyKey, ...amountOf(money), tokenRef }, chargeCodes)`,
        put: 'prove({ _tag: "Charge", mid, idempotencyKey: `${idempotencyKey}0`, ...amountOf(money), tokenRef }, chargeCodes)'
      }
    ]
  },
  {
    name: "every charge goes to one processor",
    law: "a charge goes to the account it was written for",
    harm: "a processor charges what another one's account was permitted",
    edits: [
      {
        file: charge,
        find: `    const provider = yield* (yield* Providers).get(name)
`,
        put: `    const provider = yield* (yield* Providers).get("stub_a" as typeof name)
`
      }
    ]
  },
  {
    name: "cents are sent as whole units",
    law: "what is sent is what was written",
    harm: "a customer pays a hundred times the price",
    edits: [
      {
        file: driver,
        find: `prove({ _tag: "Charge", mid, idempotencyKey, ...amountOf(money), tokenRef }, chargeCodes)`,
        put: `prove({ _tag: "Charge", mid, idempotencyKey, amount: money.amount * 100, currency: money.currency, tokenRef }, chargeCodes)`
      }
    ]
  },
  {
    name: "the account that declined stays in the list",
    law: "a cascade asks each account once",
    harm: "one account is shown the same card again and again",
    edits: [{ file: cascade, find: `candidates.slice(at + 1)`, put: `candidates.slice(at)` }]
  },
  {
    name: "what an attempt asks for grows with its number",
    law: "an attempt is for what was declared",
    harm: "whoever was declined once pays more",
    edits: [
      {
        file: open,
        find: `  const { id, money } = session.declaration
  const ordinal = session.attempts.length + 1`,
        put: `  const { id, money: declared } = session.declaration
  const ordinal = session.attempts.length + 1
  const money = { amount: declared.amount * ordinal, currency: declared.currency } as typeof declared`
      }
    ]
  },
  {
    name: "a permit that went stale breaks the cascade",
    law: "nothing breaks by itself",
    harm: "whoever asks hears of an internal error, and tries again",
    edits: [
      {
        file: cascade,
        find: `      if (event._tag === "PermitWentStale") return stop({ _tag: "LeftToReconciler" })
`,
        put: ``
      }
    ]
  }
]
