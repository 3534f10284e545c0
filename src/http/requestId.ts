import { Context, Effect } from "effect"
import { SecureRandom } from "effect/crypto"
import { holdsCardNumber } from "../kernel/cardNumbers.ts"

/** The id of the request being answered; empty outside of one. It is in every log line and every error body. */
export const RequestId = Context.Reference<string>("payment-orchestration/http/RequestId", {
  defaultValue: () => ""
})

/** The caller's own id is taken if it cannot break a log line or a header. */
const sane = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/

/**
 * The request's id: what the caller sent as `X-Request-Id`, or a new one. It is logged and sent back, so it may not
 * look like a card number, whatever stands between its groups.
 */
export const requestIdOf = (
  header: string | undefined
): Effect.Effect<string, never, SecureRandom.SecureRandom> =>
  header !== undefined && sane.test(header) && !holdsCardNumber(header.replaceAll(/[:_]/g, "-"))
    ? Effect.succeed(header)
    : SecureRandom.SecureRandom.pipe(
        Effect.flatMap((random) => random.ulid),
        Effect.map((ulid) => `req_${ulid}`)
      )
