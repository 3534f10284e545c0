import type { Plant } from "./plant.ts"

// Bugs that would give somebody's money back twice, to nobody, or unseen.

const giveBack = "src/kernel/refunds/giveBack.ts"
const refunds = "src/kernel/refunds/Refunds.ts"
const judge = "src/kernel/refunds/judgeRefund.ts"
const ask = "src/kernel/refunds/askRefund.ts"
const open = "src/layers/memory/refunds/openRefund.ts"
const record = "src/layers/memory/refunds/recordRefund.ts"
const sums = "src/layers/memory/refunds/sums.ts"
const ledger = "src/layers/memory/refunds/RefundLedger.ts"

export const refundPlants: ReadonlyArray<Plant> = [
  {
    name: "a refund is sent again when nobody knows",
    law: "no refund is sent twice",
    harm: "a gateway that does not know the key any more gives back twice",
    edits: [
      {
        file: giveBack,
        find: "? provider.refund(request)\n",
        put: `? provider.refund(request).pipe(Effect.retry({ times: 1, while: (error) => error._tag === "Indeterminate" }))\n`
      }
    ]
  },
  {
    name: "a repeated request sends a refund that is in flight",
    law: "no refund is sent twice",
    harm: "whoever asks twice under one key has it sent twice",
    edits: [
      {
        file: refunds,
        find: `            case "RefundReplayed":
            case "RefundKeyReused":`,
        put: `            case "RefundReplayed":
              return opening.refund.state === "in_flight"
                ? yield* giveBack({ ledger, provider, refund: opening.refund, permittedAt, by: wish.by })
                : opening.refund
            case "RefundKeyReused":`
      }
    ]
  },
  {
    name: "a refund of which nothing was heard has failed",
    law: "a refund is declined when its gateway refused it",
    harm: "the customer is paid back in another way, and once more when the refund arrives",
    edits: [
      {
        file: giveBack,
        find: "if (failure instanceof Indeterminate) return unknownRefund(failure)",
        put: `if (failure instanceof Indeterminate) return new Declined({ kind: "hard", evidence: failure.evidence })`
      }
    ]
  },
  {
    name: "a refund of which nothing was heard went back",
    law: "refunded is what the gateway gave back",
    harm: "the customer is told of money that never left",
    edits: [
      {
        file: giveBack,
        find: "const outcome = keepableRefund(outcomeOf(exit))",
        put: `const heard = keepableRefund(outcomeOf(exit))
  const outcome: RefundOutcome =
    heard._tag === "Indeterminate"
      ? { _tag: "Refunded", refundReference: "guessed", money: refund.money, evidence: heard.evidence }
      : heard`
      }
    ]
  },
  {
    name: "what was given back before does not count",
    law: "no more is given back than was captured",
    harm: "the customer gets more back than was paid, by as much as the gateway lets through",
    edits: [
      { file: open, find: "if (amount > refundable)", put: "if (amount > capture.amount)" },
      { file: judge, find: "if (amount > left)", put: "if (amount > captured.amount)" },
      {
        file: sums,
        find: "    capture.amount\n  )\n\n/** What of it may",
        put: "    capture.amount * 9\n  )\n\n/** What of it may"
      }
    ],
    dropped: ["refunds_within_capture"]
  },
  {
    name: "a refund is booked to the first capture of its session",
    law: "what went back is booked to the charge and the refund that it is of",
    harm: "the books say that the order was given back, and the surplus is still there",
    edits: [
      {
        file: record,
        find: "  const { mid, processorReference, attempt } = capture\n",
        put: "  const { mid, processorReference, attempt } = transaction.session.facts[0] ?? capture\n"
      }
    ],
    dropped: ["refunded_has_return"]
  },
  {
    name: "a refund is absent when a lookup does not find it",
    law: "a refund is absent when its gateway denied it after its horizon",
    harm: "its amount is given back a second time while the first is on its way",
    edits: [
      {
        file: ask,
        find: "Duration.max(absenceHorizon, refundLease)",
        put: "Duration.min(absenceHorizon, Duration.zero)"
      }
    ]
  },
  {
    name: "an old permit to give back is used",
    law: "an old permit is not used",
    harm: "who stood still gives back what was found to be absent, and given back anew",
    edits: [
      {
        file: giveBack,
        find: "if (age > Duration.toNanosUnsafe(permitLifetime)) return refund",
        put: "if (age < 0n) return refund"
      }
    ]
  },
  {
    name: "nobody waits for the refund before",
    law: "nothing is given back while nobody knows what became of the last",
    harm: "two refunds are on their way, and nobody can say which of them an answer is of",
    edits: [
      {
        file: open,
        find: "if (open !== undefined) return",
        put: "if (amount < 0 && open !== undefined) return"
      },
      {
        file: sums,
        find: "return open === undefined ? undefined",
        put: "return open?.state !== session.state ? undefined"
      }
    ],
    dropped: ["one_open_refund_per_capture"]
  },
  {
    name: "money is given back while a charge is in review",
    law: "nothing is given back while a charge is in review",
    harm: "a surplus is given back before anybody knows which capture is the surplus",
    edits: [
      {
        file: sums,
        find: "SessionRow): boolean => attempts.some(isLive)",
        put: "SessionRow): boolean => attempts.length > 99 && attempts.some(isLive)"
      }
    ]
  },
  {
    name: "a claim does not look at what went back",
    law: "goods do not leave for money that went back",
    harm: "the goods are given out, and the money as well",
    edits: [
      {
        file: sums,
        find: "if (paying.some((capture) => refundableOf(session, capture) > 0)) return undefined",
        put: "if (paying.length > 0) return undefined"
      }
    ]
  },
  {
    name: "a caller who goes away interrupts his refund",
    law: "nobody takes a refund over from the living",
    harm: "what the gateway answered is heard by nobody",
    edits: [
      {
        file: refunds,
        find: "Effect.forkIn(scope, { uninterruptible: true })",
        put: "Effect.forkChild"
      }
    ],
    near: 3_600
  },
  {
    name: "what its sender heard of a refund is called hearsay",
    law: "what a processor said of a refund is written down",
    harm: "the first word on a refund is thrown away when the books moved meanwhile",
    edits: [{ file: giveBack, find: `source: "driver", by`, put: `source: "webhook", by` }]
  },
  {
    name: "a refund that did not arrive stays given back",
    law: "what went back is in our records",
    harm: "the customer never gets the money, and nobody knows",
    edits: [
      {
        file: record,
        find: "if (known !== undefined && known.amount > 0 && known.refund === refund.id) {",
        put: "if (known !== undefined && known.amount > 0 && known.refund !== refund.id) {"
      }
    ]
  },
  {
    name: "what is not found did not arrive",
    law: "what is taken back did not arrive",
    harm: "a refund that is there is given back anew",
    edits: [
      {
        file: ask,
        find: `if (found._tag === "RefundNotFound") return yield* new Indeterminate({ evidence: found.evidence })`,
        put: `if (found._tag === "RefundNotFound")
    return new Declined({ kind: "hard", evidence: found.evidence, processorReference: named.refundReference })`
      },
      {
        file: ask,
        find: "import { Absent, type Declined, Indeterminate }",
        put: "import { Absent, Declined, Indeterminate }"
      }
    ],
    near: 2_300
  },
  {
    name: "a key of a refund is forgotten",
    law: "a key of a refund stands for one",
    harm: "whoever asks again because the answer got lost gives back twice",
    edits: [
      {
        file: open,
        find: "if (earlier === undefined) continue",
        put: "if (earlier?.session !== undefined) continue\n    if (earlier === undefined) continue"
      }
    ],
    dropped: ["refund_asked_once"]
  },
  {
    name: "a key of a refund tells of the newest",
    law: "a key of a refund stands for one",
    harm: "somebody is told of another refund as of his own",
    edits: [
      {
        file: open,
        find: `? { _tag: "RefundReplayed", refund: toRefund(earlier) }`,
        put: `? { _tag: "RefundReplayed", refund: toRefund(refunds.at(-1) ?? earlier) }`
      }
    ]
  },
  {
    name: "a lost answer to a refund is asked for again by the service",
    law: "one request gives back once",
    harm: "a part of the money goes back twice for one request",
    edits: [
      {
        file: refunds,
        find: "return yield* giveBack({ ledger, provider, refund: opening.refund, permittedAt, by: wish.by })",
        put: `{
                const given = yield* giveBack({ ledger, provider, refund: opening.refund, permittedAt, by: wish.by })
                if (given.state !== "declined") return given
                const { idempotencyKey: _, ...anew } = wish
                const again = yield* ledger.open(order, { ...anew, idempotencyKey: undefined })
                return again._tag === "Permitted"
                  ? yield* giveBack({ ledger, provider, refund: again.refund, permittedAt: yield* Clock.monotonicTimeNanos, by: wish.by })
                  : given
              }`
      }
    ],
    near: 50
  },
  {
    name: "nobody is told of a refund",
    law: "what went back is told to the world",
    harm: "the app never hears that the money is gone, and goes on serving",
    edits: [
      { file: record, find: `      ? "payment.refunded.v1"`, put: `      ? "payment.refund_declined.v1"` }
    ]
  },
  {
    name: "an unknown refund is told as given back",
    law: "nobody is told refunded while the money is not on its way",
    harm: "the app tells its customer that the money is gone, and it never is",
    edits: [
      { file: giveBack, find: "import type { Refund } from", put: "import { Refund } from" },
      {
        file: giveBack,
        find: "Effect.map((recorded) => recorded ?? refund),",
        put: `Effect.map((recorded) => new Refund({ ...(recorded ?? refund), state: "refunded" })),`
      }
    ]
  },
  {
    name: "a void is sent as a refund",
    law: "a refund goes to the charge that it was written for",
    harm: "what the gateway has not settled is refused, or goes back in another way than the books say",
    edits: [{ file: giveBack, find: `    kind === "refund"\n`, put: `    kind.length > 0\n` }]
  },
  {
    name: "unknown refunds are asked for by nobody",
    law: "every refund is found out",
    harm: "the money of the capture is blocked for good",
    edits: [
      {
        file: ledger,
        find: `state === "indeterminate" && nextCheckAt <= now`,
        put: `state === "indeterminate" && nextCheckAt < 0`
      }
    ]
  }
]
