import { Effect, Option, Redacted, Schema } from "effect"
import { type CardBrand, VaultedCard } from "../../../kernel/Card.ts"
import { brandOf, withoutCardNumber } from "../../../kernel/cardNumbers.ts"
import {
  CardRefused,
  type RawCard,
  type TokenVault,
  UnknownToken,
  VaultUnavailable
} from "../../../kernel/TokenVault.ts"
import type { Exchanged, Transport } from "../../transport/Exchange.ts"
import { strictJson } from "../../transport/strictJson.ts"
import { checkRawCard } from "../checkRawCard.ts"
import type { BasisTheorySettings } from "./config.ts"
import { isTokenRef } from "./tokenRefs.ts"
import { CardToken, CreatedSession, Problem } from "./wire.ts"

export const vaultId = "basis_theory" as const

/** Basis Theory's names of the networks that are charged here. */
const brands: Readonly<Record<string, CardBrand>> = {
  visa: "visa",
  mastercard: "mastercard",
  "american-express": "amex",
  discover: "discover",
  jcb: "jcb",
  "diners-club": "diners",
  unionpay: "unionpay"
}

/** What a browser may do in a session: hand over a card, and read nothing. */
const sessionPermissions = ["token-intent:create"]

/** The fields of a card, as the vault names them when it refuses one. */
const refusedFields: ReadonlyArray<readonly [name: RegExp, field: CardRefused["field"]]> = [
  [/number$/, "number"],
  [/expiration_month$/, "expiryMonth"],
  [/expiration_year$/, "expiryYear"],
  [/cvc$/, "securityCode"]
]

const decodeToken = Schema.decodeUnknownOption(CardToken)
const decodeSession = Schema.decodeUnknownOption(CreatedSession)
const decodeProblem = Schema.decodeUnknownOption(Problem)
const decodeCard = Schema.decodeUnknownOption(VaultedCard)

/** Basis Theory. No number of a vaulted card is ever asked for. */
export const makeBasisTheoryVault = (settings: BasisTheorySettings, transport: Transport): TokenVault => {
  const { origin, apiKey, publicKey, timings } = settings

  const send = (
    method: "GET" | "POST",
    path: string,
    { key = apiKey, body }: { readonly key?: Redacted.Redacted; readonly body?: unknown } = {}
  ): Effect.Effect<Exchanged> =>
    transport({
      method,
      url: new URL(path, origin),
      headers: { "bt-api-key": key, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      deadline: timings.vaultDeadline
    })

  /** The card of a token or an intent; nothing if there is none of that id. */
  const read = Effect.fnUntraced(function* (path: string, tokenRef: string) {
    const exchanged = yield* send("GET", `${path}/${encodeURIComponent(tokenRef)}`)
    if (exchanged._tag === "Answered" && exchanged.status === 404) return undefined
    return yield* cardIn(exchanged, tokenRef)
  })

  return {
    vaultId,

    getCard: Effect.fn("BasisTheoryVault.getCard")(function* (tokenRef) {
      if (!isTokenRef(tokenRef)) return yield* unknownToken(tokenRef)
      const card = (yield* read("/tokens", tokenRef)) ?? (yield* read("/token-intents", tokenRef))
      return card ?? (yield* unknownToken(tokenRef))
    }),

    vaultCard: Effect.fn("BasisTheoryVault.vaultCard")(function* (card) {
      yield* checkRawCard(card)
      const exchanged = yield* send("POST", "/tokens", { body: { type: "card", data: dataOf(card) } })
      const field = refusedField(exchanged)
      if (field !== undefined) return yield* new CardRefused({ field, problem: "is refused by the vault" })
      return yield* cardIn(exchanged)
    }),

    cardIntents: {
      keepCard: Effect.fn("BasisTheoryVault.keepCard")(function* (intentRef) {
        if (!isTokenRef(intentRef)) return yield* unknownToken(intentRef)
        const exchanged = yield* send("POST", "/tokens", { body: { token_intent_id: intentRef } })
        const refused = problemIn(exchanged)?.errors ?? {}
        return Object.hasOwn(refused, "token_intent_id")
          ? yield* unknownToken(intentRef)
          : yield* cardIn(exchanged)
      })
    },

    ...(publicKey === undefined
      ? {}
      : {
          browserSessions: {
            openSession: Effect.gen(function* () {
              const created = jsonIn(yield* send("POST", "/sessions", { key: publicKey }))
              const session = Option.flatMap(created.json, decodeSession)
              if (Option.isNone(session)) return yield* unavailable(created.problem)
              const { nonce, session_key, expires_at: expiresAt } = session.value
              const authorized = yield* send("POST", "/sessions/authorize", {
                body: { nonce, permissions: sessionPermissions }
              })
              if (!isSuccess(authorized)) return yield* unavailable(problemOf(authorized))
              return { sessionKey: Redacted.make(session_key), expiresAt }
            }).pipe(Effect.withSpan("BasisTheoryVault.openSession"))
          }
        })
  }
}

const unknownToken = (tokenRef: string) =>
  // A number that somebody takes for a token is not handed on.
  Effect.fail(new UnknownToken({ vaultId, tokenRef: withoutCardNumber(tokenRef) }))

const unavailable = (problem: string) => Effect.fail(new VaultUnavailable({ vaultId, problem }))

const dataOf = ({ number, expiryMonth, expiryYear, securityCode }: RawCard) => ({
  number: Redacted.value(number),
  expiration_month: expiryMonth,
  expiration_year: expiryYear,
  ...(securityCode === undefined ? {} : { cvc: Redacted.value(securityCode) })
})

const isSuccess = (exchanged: Exchanged): boolean =>
  exchanged._tag === "Answered" && exchanged.status >= 200 && exchanged.status < 300

/** What went wrong, in words that hold nothing of what was sent. */
const problemOf = (exchanged: Exchanged): string =>
  exchanged._tag === "Answered"
    ? isSuccess(exchanged)
      ? "its answer cannot be read"
      : `it answered ${exchanged.status}`
    : exchanged.code

const jsonIn = (
  exchanged: Exchanged
): { readonly json: Option.Option<unknown>; readonly problem: string } => ({
  json:
    exchanged._tag === "Answered" && exchanged.whole && isSuccess(exchanged)
      ? strictJson(exchanged.body)
      : Option.none(),
  problem: problemOf(exchanged)
})

const problemIn = (exchanged: Exchanged): Problem | undefined =>
  exchanged._tag === "Answered" && exchanged.whole && [400, 422].includes(exchanged.status)
    ? Option.getOrUndefined(Option.flatMap(strictJson(exchanged.body), decodeProblem))
    : undefined

const refusedField = (exchanged: Exchanged): CardRefused["field"] | undefined => {
  const names = Object.keys(problemIn(exchanged)?.errors ?? {})
  return refusedFields.find(([name]) => names.some((one) => name.test(one)))?.[1]
}

/** The card of a token in an answer. It must be the token that was asked for, and a card that can be charged here. */
const cardIn = (exchanged: Exchanged, tokenRef?: string): Effect.Effect<VaultedCard, VaultUnavailable> => {
  const { json, problem } = jsonIn(exchanged)
  const token = Option.flatMap(json, decodeToken)
  if (Option.isNone(token)) return unavailable(problem)
  const { id, type, card, fingerprint } = token.value
  if (tokenRef !== undefined && id !== tokenRef) return unavailable("its answer is about another token")
  if (type !== "card" || card === undefined || card === null) return unavailable("the token is of no card")
  // A network that the vault does not know is told by the number's beginning.
  const brand =
    card.brand === null || card.brand === undefined || card.brand === "unknown"
      ? brandOf(card.bin ?? "")
      : Object.hasOwn(brands, card.brand)
        ? brands[card.brand]
        : undefined
  if (brand === undefined) return unavailable(`no card of the network ${card.brand} is charged here`)
  const country = card.issuer_country?.alpha2
  const known = decodeCard({
    token: { vaultId, tokenRef: id },
    bin: card.bin,
    last4: card.last4,
    brand,
    expiryMonth: card.expiration_month,
    expiryYear: card.expiration_year,
    fingerprint,
    ...(country === null || country === undefined ? {} : { country })
  })
  return Option.isNone(known) ? unavailable("it tells too little of the card") : Effect.succeed(known.value)
}
