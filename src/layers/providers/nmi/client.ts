import { type Duration, Effect, Redacted } from "effect"
import type { Exchanged, OutgoingRequest, Transport } from "../../transport/Exchange.ts"
import { AccountNotReady, type ProviderAccount } from "../ProviderAccounts.ts"
import { readReply, type Reply } from "./wire.ts"

/** A merchant account, as NMI knows it: several of them may share one key and differ in their `processor_id`. */
export interface NmiAccount {
  readonly account: ProviderAccount
  readonly processorId: string | undefined
  /** Sent with sales only where the account allows it; elsewhere NMI refuses a sale that says it. */
  readonly duplicateSeconds: string | undefined
}

/** What NMI has to be told to speak for an account; nothing is sent with credentials that cannot be right. */
export const nmiAccount = (account: ProviderAccount): Effect.Effect<NmiAccount, AccountNotReady> => {
  const refuse = (problem: string) => Effect.fail(new AccountNotReady({ mid: account.mid, problem }))
  const { processor_id: processorId, dup_seconds: duplicateSeconds } = account.settings
  if (!/^[\x21-\x7e]{8,128}$/.test(Redacted.value(account.secret))) {
    return refuse("its secret is no security key of NMI's")
  }
  if (processorId !== undefined && !/^[\w.-]{1,100}$/.test(processorId)) {
    return refuse("its setting processor_id is none of NMI's")
  }
  if (
    duplicateSeconds !== undefined &&
    !(/^(0|[1-9][0-9]{0,6})$/.test(duplicateSeconds) && Number(duplicateSeconds) <= longestWindow)
  ) {
    return refuse(`its setting dup_seconds is no number of seconds up to ${longestWindow}`)
  }
  return Effect.succeed({ account, processorId, duplicateSeconds })
}

/** The longest window for duplicates that NMI keeps. */
const longestWindow = 7_862_400

/** The fields of a form, in their order. */
export type Form = ReadonlyArray<readonly [name: string, value: string]>

export const formHeaders = { "content-type": "application/x-www-form-urlencoded" } as const

/** A form as it is written on the line; it begins with the account's key, so it is not to be logged. */
export const formText = ({ account }: NmiAccount, form: Form): string =>
  new URLSearchParams([
    ["security_key", Redacted.value(account.secret)],
    ...form.map(([name, value]) => [name, value])
  ]).toString()

export const transactPath = "/api/transact.php"

/** Requests to NMI itself, each sent once. */
export interface NmiClient {
  readonly origin: string
  readonly transact: (account: NmiAccount, form: Form) => Effect.Effect<Reply>
  readonly query: (account: NmiAccount, form: Form) => Effect.Effect<Exchanged>
}

export const makeClient = (
  origin: string,
  transport: Transport,
  deadlines: { readonly transactDeadline: Duration.Duration; readonly queryDeadline: Duration.Duration }
): NmiClient => {
  const post = (account: NmiAccount, path: string, form: Form, deadline: Duration.Duration) =>
    transport({
      method: "POST",
      url: new URL(path, origin),
      headers: formHeaders,
      body: formText(account, form),
      deadline
    } satisfies OutgoingRequest)
  return {
    origin,
    transact: (account, form) =>
      Effect.map(post(account, transactPath, form, deadlines.transactDeadline), readReply),
    query: (account, form) => post(account, "/api/query.php", form, deadlines.queryDeadline)
  }
}
