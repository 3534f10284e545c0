import { Context, Effect, Layer } from "effect"
import { WiderThanOwn } from "../access/keyRefusals.ts"
import { differences } from "../differences.ts"
import { EntityRegistry } from "../EntityRegistry.ts"
import type { Principal } from "../ids.ts"
import { OperatorsOnly } from "../operations/operatorRefusals.ts"
import type { LedgerUnavailable } from "../PaymentLedger.ts"
import { InvalidInput } from "../refusals.ts"
import { AskedByNoOperator, SecondPersonNeeded } from "../reviews/reviewRefusals.ts"
import { checkText } from "../text.ts"
import type { ChangeRequest } from "./ChangeRequest.ts"
import type { RefundImpossible } from "../refunds/judgeRefund.ts"
import {
  AskedByAnother,
  ChangeDecided,
  ChangedSince,
  ChangeOpenAlready,
  UnknownChange
} from "./changeRefusals.ts"
import { SignedRefunds } from "./SignedRefunds.ts"
import {
  ChangeLifetime,
  type ChangeSlice,
  ChangeStore,
  type Decision,
  type Signer,
  type Signing,
  type Wanted
} from "./ChangeStore.ts"

type Asked<A, E = never> = Effect.Effect<A, E | OperatorsOnly | LedgerUnavailable>

/** What came of asking: a request that waits, nothing left to do, or nothing that could be changed. */
export type Heard =
  | { readonly _tag: "Requested"; readonly change: ChangeRequest }
  | { readonly _tag: "AsWanted" }
  /** It tightens, and was done at once. */
  | { readonly _tag: "Done" }
  | { readonly _tag: "NotThere" }

type Undecided = UnknownChange | ChangeDecided

/**
 * What loosens a guard on money takes two persons: one asks, another one signs, and what is signed is done in the commit
 * of the signature. It is judged when it is asked for, when it is signed, and by the database itself.
 */
export class Changes extends Context.Service<
  Changes,
  {
    /** Twice is once: whoever asks for what is asked for already is told of that request. */
    readonly request: (
      who: Signer,
      asked: Wanted & { readonly reason: string }
    ) => Asked<Heard, InvalidInput | ChangeOpenAlready>
    readonly approve: (
      who: Signer,
      change: string
    ) => Asked<
      ChangeRequest,
      Undecided | SecondPersonNeeded | AskedByNoOperator | ChangedSince | WiderThanOwn | RefundImpossible
    >
    readonly reject: (
      who: Signer,
      change: string,
      reason: string
    ) => Asked<ChangeRequest, InvalidInput | Undecided>
    readonly withdraw: (
      who: Signer,
      change: string,
      reason: string
    ) => Asked<ChangeRequest, InvalidInput | Undecided | AskedByAnother>
    /** Those of them that there are. */
    readonly byId: (by: Principal, ids: ReadonlyArray<string>) => Asked<ReadonlyArray<ChangeRequest>>
    readonly list: (by: Principal, slice: ChangeSlice) => Asked<ReadonlyArray<ChangeRequest>>
  }
>()("payment-orchestration/kernel/changes/Changes") {
  static readonly layer: Layer.Layer<Changes, never, ChangeStore | SignedRefunds | EntityRegistry> =
    Layer.effect(
      Changes,
      Effect.gen(function* () {
        const store = yield* ChangeStore
        const registry = yield* EntityRegistry
        const refunds = yield* SignedRefunds
        const lifetime = yield* ChangeLifetime

        const decide = Effect.fnUntraced(function* (
          who: Signer,
          change: string,
          decision: Decision,
          said?: string
        ) {
          return yield* judged(change, yield* store.decide(who, change, decision, said))
        })

        const judged = Effect.fnUntraced(function* (change: string, signing: Signing) {
          switch (signing._tag) {
            case "NotOperator":
              return yield* new OperatorsOnly()
            case "NoSuchChange":
              return yield* UnknownChange.of(change)
            case "DecidedBefore":
              return yield* new ChangeDecided({ state: signing.state })
            default:
              return signing
          }
        })

        /** Perhaps what stands against it is the very refund that was signed, while this signature was judged. */
        const signedOnce = (who: Signer, wanted: ChangeRequest) =>
          refunds
            .sign(who, wanted)
            .pipe(
              Effect.catch((refused) =>
                Effect.flatMap(store.decide(who, wanted.id, "approved"), (now) =>
                  now._tag === "GivesBack" ? Effect.fail(refused) : Effect.succeed(now)
                )
              )
            )

        /** What no decision but the one that may be refused for it is refused for. */
        const never = (tag: string) => Effect.die(new Error(`${tag} is said of no such decision`))

        return Changes.of({
          request: Effect.fn("Changes.request")(function* (who, asked) {
            const reason = yield* saidWhy(asked.reason)
            const asking = yield* store.request(who, { ...asked, reason }, lifetime)
            switch (asking._tag) {
              case "NotOperator":
                return yield* new OperatorsOnly()
              case "OpenAlready":
                return yield* new ChangeOpenAlready({ change: asking.change })
              case "Done":
                yield* Effect.ignore(registry.refresh)
                return asking
              default:
                return asking
            }
          }),
          approve: Effect.fn("Changes.approve")(function* (who, change) {
            const first = yield* decide(who, change, "approved")
            const signing =
              first._tag === "GivesBack" ? yield* judged(change, yield* signedOnce(who, first.change)) : first
            switch (signing._tag) {
              case "Decided":
                // Other processes hear of it a moment later; whoever signed reads what they signed.
                yield* Effect.ignore(registry.refresh)
                return signing.change
              case "SamePerson":
                return yield* new SecondPersonNeeded()
              case "WiderThanOwn":
                return yield* new WiderThanOwn()
              case "AskedByNoOperator":
                return yield* new AskedByNoOperator()
              case "ChangedSince":
                return yield* new ChangedSince({ differences: differences(signing.before, signing.stands) })
              case "AskedByAnother":
              case "GivesBack":
                return yield* never(signing._tag)
            }
          }),
          reject: Effect.fn("Changes.reject")(function* (who, change, reason) {
            const signing = yield* decide(who, change, "rejected", yield* saidWhy(reason))
            return signing._tag === "Decided" ? signing.change : yield* never(signing._tag)
          }),
          withdraw: Effect.fn("Changes.withdraw")(function* (who, change, reason) {
            const signing = yield* decide(who, change, "withdrawn", yield* saidWhy(reason))
            if (signing._tag === "AskedByAnother") return yield* new AskedByAnother()
            return signing._tag === "Decided" ? signing.change : yield* never(signing._tag)
          }),
          byId: Effect.fn("Changes.byId")((by, ids) => store.byId(by, ids)),
          list: Effect.fn("Changes.list")((by, slice) => store.list(by, slice))
        })
      })
    )
}

/** One line: it is written into the audit and shown in lists. */
const saidWhy = Effect.fnUntraced(function* (reason: string): Effect.fn.Return<string, InvalidInput> {
  yield* checkText({ reason })
  const said = reason.trim()
  if (/^[^\p{Cc}\p{Cs}]{1,500}$/u.test(said)) return said
  return yield* new InvalidInput({
    field: "reason",
    problem: "is not one line of 1 to 500 characters; say why"
  })
})
