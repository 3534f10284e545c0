import { Context, type Duration, type Effect, type Redacted, Schema } from "effect"
import type { ChangeRequest } from "../changes/ChangeRequest.ts"
import type { OperatorsOnly } from "../operations/operatorRefusals.ts"
import { Principal } from "../ids.ts"
import type { LedgerUnavailable } from "../PaymentLedger.ts"
import { KeyId } from "./Caller.ts"
import type { TooManyKeys, UnknownKey, WiderThanOwn } from "./keyRefusals.ts"
import type { KeysNotKept } from "./KeySecrets.ts"
import { Operation } from "./Operation.ts"

/** An API key as operators see it: what it is for, and nothing that opens anything. */
export const ApiKey = Schema.Struct({
  id: KeyId,
  principal: Principal,
  operations: Schema.Array(Operation),
  entities: Schema.optionalKey(Schema.Array(Schema.String)),
  brands: Schema.optionalKey(Schema.Array(Schema.String)),
  createdAt: Schema.DateTimeUtcFromString,
  endsAt: Schema.optionalKey(Schema.DateTimeUtcFromString),
  revokedAt: Schema.optionalKey(Schema.DateTimeUtcFromString)
})
export type ApiKey = typeof ApiKey.Type

/** Whoever gives keys out, and the key with which they ask. */
interface Giver {
  readonly by: Principal
  readonly byKey: KeyId
}

/** What a key is to be for. */
interface KeyWish {
  readonly principal: string
  readonly operations: ReadonlyArray<Operation>
  readonly entities?: ReadonlyArray<string> | undefined
  readonly brands?: ReadonlyArray<string> | undefined
  readonly lifetime?: Duration.Duration | undefined
}

interface Given {
  readonly apiKey: ApiKey
  /** Shown to whoever asked, and never again. */
  readonly key: Redacted.Redacted
}

/** The port to the keys that were given out. All of it is for operators, and audited under the key's principal. */
export class KeyRecord extends Context.Service<
  KeyRecord,
  {
    readonly give: (
      giver: Giver,
      wish: KeyWish
    ) => Effect.Effect<Given, OperatorsOnly | WiderThanOwn | TooManyKeys | KeysNotKept | LedgerUnavailable>
    /** Asks for a key that is wider than one's own: what opens anything is shown now, and opens nothing until it is signed. */
    readonly ask: (
      giver: Giver,
      wish: KeyWish,
      reason: string
    ) => Effect.Effect<
      { readonly change: ChangeRequest; readonly key: Redacted.Redacted },
      OperatorsOnly | WiderThanOwn | TooManyKeys | KeysNotKept | LedgerUnavailable
    >
    /** Gives out another key for the same; the one of before ends after the overlap. */
    readonly rotate: (
      giver: Giver,
      replaced: string,
      overlap: Duration.Duration
    ) => Effect.Effect<
      Given,
      OperatorsOnly | UnknownKey | WiderThanOwn | TooManyKeys | KeysNotKept | LedgerUnavailable
    >
    /** Ends a key in every process at once. */
    readonly revoke: (
      by: Principal,
      key: string,
      reason: string
    ) => Effect.Effect<ApiKey, OperatorsOnly | UnknownKey | LedgerUnavailable>
    /** Those that are taken, by their ids: at most so many after or before one, from either end. */
    readonly list: (
      by: Principal,
      principal: string | undefined,
      part: {
        readonly limit: number
        readonly fromEnd: boolean
        readonly after: string | undefined
        readonly before: string | undefined
      }
    ) => Effect.Effect<ReadonlyArray<ApiKey>, OperatorsOnly | LedgerUnavailable>
  }
>()("payment-orchestration/kernel/access/KeyRecord") {}
