import { ByteSize } from "effect"

/** The most bytes that the body of a request may have. The largest session config is a tenth of it. */
export const bodyLimit = 64 * 1024

export const bodyLimitSize = ByteSize.kibibytes(64)

/** Webhooks of processors tell of whole batches. Nothing is kept of what is not signed. */
const webhookBodyLimit = 512 * 1024

export const webhookBodyLimitSize = ByteSize.kibibytes(512)

/** The most bytes that a request to an address may bring. */
export const bodyLimitOf = (url: string): number =>
  url.startsWith("/v1/webhooks/") ? webhookBodyLimit : bodyLimit
