import type { Standing } from "./wire.ts"

/** What the door answered. `lost`: nobody knows whether it heard. */
export type Answer =
  | { readonly _tag: "Standing"; readonly standing: Standing }
  | { readonly _tag: "Refused"; readonly code: string }
  | { readonly _tag: "Lost" }

/** Longer than any charge takes; whoever waits longer asks where it stands. */
const patience = 75_000

const ask = async (path: string, body?: unknown): Promise<Response | undefined> => {
  try {
    return await fetch(path, {
      ...(body === undefined
        ? {}
        : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
      credentials: "omit",
      cache: "no-store",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(patience)
    })
  } catch {
    return undefined
  }
}

const answerOf = async (response: Response | undefined): Promise<Answer> => {
  try {
    if (response === undefined || response.status >= 500) return { _tag: "Lost" }
    const said = await response.json()
    return response.ok
      ? { _tag: "Standing", standing: said }
      : { _tag: "Refused", code: String(said.error?.code) }
  } catch {
    return { _tag: "Lost" }
  }
}

/** The door of one session. */
export const openDoor = (door: string) => ({
  look: async () => answerOf(await ask(`${door}/state`)),
  pay: async (turn: number, vaultToken: { readonly vaultId: string; readonly tokenRef: string }) =>
    answerOf(await ask(`${door}/payments`, { turn, ...vaultToken })),
  /** A key of some minutes, with which the vault's own fields hand over a card. */
  openVaultSession: async (): Promise<string | undefined> => {
    const response = await ask(`${door}/vault-session`, {})
    if (response?.ok !== true) return undefined
    const { sessionKey } = await response.json()
    return typeof sessionKey === "string" ? sessionKey : undefined
  }
})

export type Door = ReturnType<typeof openDoor>

/** Exchanges an embed token; the holder is this page, so that it may ask again when the answer was lost. */
export const exchange = async (embedToken: string, holder: string) => {
  const response = await ask("/embed/exchange", { embedToken, holder })
  if (response === undefined) return { problem: "unavailable" }
  const said = await response.json()
  return response.ok ? { page: String(said.page) } : { problem: String(said.error?.code ?? "unavailable") }
}
