import { developmentIdOf } from "../../../src/db/access/keyHash.ts"
import { developmentKey, secondDevelopmentKey } from "../../../src/db/seedData.ts"

// Statements that set a scene of what takes two persons, through the functions that the doors call.

const literal = (value: unknown): string => `'${JSON.stringify(value)}'::jsonb`

/** Who asks or decides: the principal of an operator and the id of their key. */
export interface Signer {
  readonly by: string
  readonly byKey: string
}

const signerOf = ({ key, principal }: typeof developmentKey): Signer => ({
  by: principal,
  byKey: developmentIdOf(key)
})

/** Seeded operators. */
export const asks = signerOf(developmentKey)
export const signs = signerOf(secondDevelopmentKey)

export const stop = (mid: string, by = "development"): string =>
  `select stop_account(${literal({ mid, by, reason: "the acquirer called" })})`

export const request = (
  kind: string,
  wanted: Readonly<Record<string, unknown>>,
  { who = asks, lifetimeMs = 3_600_000 } = {}
): string =>
  `select request_change(${literal({ ...who, kind, wanted, reason: "it is mended", lifetimeMs })}) as answer`

export const requestResume = (mid: string, how: Parameters<typeof request>[2] = {}): string =>
  request("resume_mid", { mid, killSwitch: false }, how)

/** Decides what was asked for last of something. */
export const decide = (about: string, decision: string, who = signs): string =>
  `select decide_change(${literal({ ...who, decision, said: decision === "approved" ? undefined : "no" })}
    || jsonb_build_object('nr', (select max(change_nr) from change_requests where about = '${about}'))) as answer`

/** Two persons let an account send again. */
export const resume = (mid: string): ReadonlyArray<string> => [requestResume(mid), decide(mid, "approved")]

/** An account of an own company that is stopped, and a request to let it send again. */
export const asked = (mid: string): ReadonlyArray<string> => [stop(mid), requestResume(mid)]

export const of = (about: string): string => `about = '${about}'`

/** A key by hand that was told of the request for something. */
export const keyRow = (about: string, key: string): string =>
  `insert into change_keys select requested_by, '${key}', change_nr, '{}' from change_requests where ${of(about)}`

/** A row in every table. */
export const everyChangeTable: ReadonlyArray<string> = [
  ...asked("mid_goods_3"),
  keyRow("mid_goods_3", "a key"),
  "insert into refund_limits values ('loop_nutrition', 'USD', 5000)"
]

/** A request by hand. */
export const changeRow = (
  mid: string,
  fields: Readonly<Record<string, unknown>> = {}
): Readonly<Record<string, unknown>> => ({
  kind: "resume_mid",
  about: mid,
  chain: `mid:${mid}`,
  wanted: { mid, killSwitch: false },
  base: {},
  reason: "it is mended",
  state: "open",
  requested_by: asks.by,
  requested_at: "now",
  expires_at: "infinity",
  ...fields
})
