import type { Standing } from "./wire.ts"

type VaultToken = { readonly vaultId: string; readonly tokenRef: string }

/** What the door answered. `Lost`: nobody knows whether it heard. */
type Answer =
  | { readonly _tag: "Standing"; readonly standing: Standing }
  /** It heard, and did nothing. */
  | { readonly _tag: "Refused"; readonly code: string }
  | { readonly _tag: "Lost" }

/** Longer than any charge takes; whoever waits longer asks again. */
const longest = 75_000
/** For what is answered at once. */
const short = 15_000

/** One question and its whole answer; none when it was cut, came too late, or is nobody's JSON. */
const ask = async (path: string, body?: unknown, patience = short) => {
  const over = new AbortController()
  const timer = setTimeout(() => over.abort(), patience)
  try {
    const response = await fetch(path, {
      ...(body === undefined
        ? {}
        : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
      credentials: "omit",
      cache: "no-store",
      referrerPolicy: "no-referrer",
      signal: over.signal
    })
    const said: Said = await response.json()
    if (typeof said !== "object") return undefined
    // A server in trouble does not know what it did; only that the vault was silent is told for certain.
    return response.status < 500 || codeOf(said) === "vault_unavailable" ? said : undefined
  } catch {
    return undefined
  } finally {
    clearTimeout(timer)
  }
}

/** Anything that an answer may hold; nothing of it is sure to be there. */
type Said = {
  readonly stage?: unknown
  readonly turn?: unknown
  readonly action?: unknown
  readonly sessionKey?: unknown
  readonly page?: unknown
  readonly error?: { readonly code?: unknown }
} | null

const codeOf = (said: Said | undefined): string | undefined => {
  const code = said?.error?.code
  return typeof code === "string" ? code : undefined
}

/** Only this service's own word counts: whoever is in between may answer anything, with any status. */
const answerOf = (said: Said | undefined): Answer => {
  const code = codeOf(said)
  if (code !== undefined) return { _tag: "Refused", code }
  return said !== undefined && said !== null && isStanding(said)
    ? { _tag: "Standing", standing: said }
    : { _tag: "Lost" }
}

const isStanding = (said: object): said is Standing =>
  "stage" in said && typeof said.stage === "string" && "turn" in said && typeof said.turn === "number"

/** The door of one session. */
export const openDoor = (door: string) => ({
  look: async () => answerOf(await ask(`${door}/state`)),
  pay: async (turn: number, token: VaultToken) =>
    answerOf(await ask(`${door}/payments`, { turn, ...token }, longest)),
  /** Gives a turn back: what of it is still on its way will charge nothing. */
  withdraw: async (turn: number) => answerOf(await ask(`${door}/withdrawals`, { turn })),
  /** A key of some minutes, with which the vault's own fields hand over a card. */
  openVaultSession: async (): Promise<string | undefined> => {
    const sessionKey = (await ask(`${door}/vault-session`, {}))?.sessionKey
    return typeof sessionKey === "string" ? sessionKey : undefined
  }
})

export type Door = ReturnType<typeof openDoor>

type Exchanged =
  | { readonly page: string; readonly problem?: never }
  | { readonly page?: never; readonly problem: string }

/** Exchanges an embed token; the holder is this page, so that it may ask again when the answer was lost. */
export const exchange = async (embedToken: string, holder: string): Promise<Exchanged> => {
  const said = await ask("/embed/exchange", { embedToken, holder })
  if (typeof said?.page === "string") return { page: said.page }
  const code = codeOf(said)
  return { problem: code === undefined || code === "too_many_requests" ? "unavailable" : code }
}
