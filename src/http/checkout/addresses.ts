import { Clock, Duration, Effect, Redacted, Schema } from "effect"
import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto"
import { SessionId } from "../../kernel/ids.ts"
import { EmbedTokenRefused } from "../doorRefusals.ts"
import type { PaymentSession } from "../../kernel/PaymentSession.ts"

/** How long an embed token may be exchanged after it was given out. */
const embedTokenLifetime = Duration.minutes(15)

/** The addresses of checkouts, the secrets in them, and what these open. */
export interface CheckoutAddresses {
  /** Where customers reach this server; no slash at the end. */
  readonly publicOrigin: string
  /** The way to a session's checkout; none without a key, because it could be guessed. */
  readonly wayTo: (
    session: Pick<PaymentSession, "id" | "mode">
  ) => Effect.Effect<{ readonly url?: string; readonly embedToken?: string }>
  /** The address of a session's page, without and with the origin, and to which an issuer sends its customer back. */
  readonly pathOf: (session: SessionId) => string
  readonly pageOf: (session: SessionId) => string
  readonly backTo: (session: SessionId) => string
  readonly secretOf: (session: SessionId) => string | undefined
  /** The session that an address names, if its secret is that session's. */
  readonly opened: (session: string, secret: string) => SessionId | undefined
  /** The session of an embed token whose proof only begins here: enough for a page without anything in it. */
  readonly namedByToken: (beginning: string) => SessionId | undefined
  readonly openedByToken: (token: string) => Effect.Effect<SessionId, EmbedTokenRefused>
}

/**
 * Secrets are derived from the session's id by a keyed hash: they are stored nowhere, the same on every server, and
 * open one session each. The first key makes them, all of them open, so that a key is replaced by putting the new
 * one in front.
 */
export const checkoutAddresses = (settings: {
  readonly publicOrigin: string
  readonly checkoutKeys: ReadonlyArray<Redacted.Redacted<Uint8Array>>
}): CheckoutAddresses => {
  const { publicOrigin, checkoutKeys } = settings
  const [newest] = checkoutKeys

  const secretOf = (session: SessionId) =>
    newest === undefined ? undefined : derive(newest, "page", session)
  const pathOf = (session: SessionId) => {
    const secret = secretOf(session)
    return `/pay/${session}${secret === undefined ? "" : `/${secret}`}`
  }
  const pageOf = (session: SessionId) => `${publicOrigin}${pathOf(session)}`
  /** Whether something was derived by one of the keys. Every key is tried, so that the time tells nothing. */
  const isOurs = (use: "page" | "embed", text: string, proof: string) =>
    checkoutKeys.filter((key) => sameText(derive(key, use, text), proof)).length > 0

  return {
    publicOrigin,
    pathOf,
    pageOf,
    backTo: (session) => `${pageOf(session)}/back`,
    secretOf,
    wayTo: (session) =>
      newest === undefined
        ? Effect.succeed({})
        : session.mode === "hosted"
          ? Effect.succeed({ url: pageOf(session.id) })
          : Effect.map(Clock.currentTimeMillis, (now) => {
              const until = Math.floor((now + Duration.toMillis(embedTokenLifetime)) / 1000).toString(36)
              const told = `${session.id.slice(3)}.${until}.${randomBytes(12).toString("base64url")}`
              return { embedToken: `et_${told}.${derive(newest, "embed", told)}` }
            }),
    opened: (session, secret) =>
      Schema.is(SessionId)(session) && isOurs("page", session, secret) ? session : undefined,
    namedByToken: (beginning) => {
      const [, told = "", ulid = "", proof = ""] = tokenBeginning.exec(beginning) ?? []
      const session = `ps_${ulid}`
      const begins = (key: Redacted.Redacted<Uint8Array>) =>
        sameText(derive(key, "embed", told).slice(0, proof.length), proof)
      return Schema.is(SessionId)(session) && checkoutKeys.filter(begins).length > 0 ? session : undefined
    },
    openedByToken: (token) =>
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        const [, told = "", ulid = "", until = "", proof = ""] = embedTokenForm.exec(token) ?? []
        const session = `ps_${ulid}`
        if (!Schema.is(SessionId)(session) || !isOurs("embed", told, proof))
          return yield* new EmbedTokenRefused({ problem: "unknown" })
        if (Number.parseInt(until, 36) * 1000 <= now) return yield* new EmbedTokenRefused({ problem: "over" })
        return session
      })
  }
}

const embedTokenForm = /^et_(([0-9A-Z]{26})\.([0-9a-z]{1,9})\.[A-Za-z0-9_-]{16})\.([A-Za-z0-9_-]{32})$/

/** 72 bits of the proof stand in the address of the frame's first page; the other 120 are only ever handed over. */
const tokenBeginning = /^(([0-9A-Z]{26})\.[0-9a-z]{1,9}\.[A-Za-z0-9_-]{16})\.([A-Za-z0-9_-]{12})$/

/** 192 bits of a keyed hash; `use` keeps one kind from being taken for another. */
const derive = (key: Redacted.Redacted<Uint8Array>, use: "page" | "embed", text: string): string =>
  createHmac("sha256", Redacted.value(key))
    .update(`checkout ${use} ${text}`)
    .digest()
    .subarray(0, 24)
    .toString("base64url")

const digest = (text: string) => createHash("sha256").update(text).digest()

const sameText = (one: string, other: string): boolean => timingSafeEqual(digest(one), digest(other))

/** What is kept of a token, and of the page that holds it. */
export const fingerprintOf = (text: string): string => digest(text).toString("hex")
