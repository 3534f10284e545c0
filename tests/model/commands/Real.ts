// What a command works on: the service, and the client that asks it. A test may put a client in between that lies.
import type { Answer, Request } from "../expected/requests.ts"
import { ask, type Asking } from "../service/client.ts"
import type { Opened } from "../service/openService.ts"
import { checkBooks } from "../telling/invariants.ts"
import type { Tale } from "../telling/Tale.ts"

export type Ask = (request: Request, asking?: Asking) => Promise<Answer | undefined>

export interface Real {
  readonly opened: Opened
  readonly ask: Ask
}

/** An honest client. */
export const realOf = (opened: Opened): Real => ({
  opened,
  ask: (request, asking) => ask(opened, request, asking)
})

/** Asks one thing, holds the answer against the model, and the gateways' books against the promise. */
export const tell = async (tale: Tale, { opened, ask: asks }: Real, request: Request): Promise<void> => {
  const answer = await asks(request)
  if (answer === undefined) throw new Error("nobody hung up, and there is no answer")
  tale.hears(request, answer)
  await checkBooks(tale, opened)
}
