import { GraphQLError } from "graphql"

/** The last that a subscription is told: why it ends, and what to do. */
const ending = (code: string, message: string) => (requestId: string) =>
  new GraphQLError(message, { extensions: { code, requestId } })

export const tooSlow = ending(
  "SUBSCRIBER_TOO_SLOW",
  "more changes waited than are kept for one subscriber; read faster or watch less, and subscribe again"
)

export const missed = ending(
  "CHANGES_MISSED",
  "changes may have been missed; subscribe again, and then read the list again"
)

export const stopping = ending("SERVER_STOPPING", "this server stops; subscribe again, at another one")

export const tooOld = ending(
  "SUBSCRIPTION_TOO_OLD",
  "a subscription lives only so long; subscribe again, and read again what you show"
)

export const notAdmitted = ending(
  "unauthorized",
  "the API key was revoked, or ended; subscribe again with one that is valid"
)

export const tooMany = (limit: number) => (requestId: string) =>
  new GraphQLError(`this key has ${limit} subscriptions at this server, and may not have more; end one`, {
    extensions: { code: "TOO_MANY_SUBSCRIPTIONS", limit, requestId }
  })
