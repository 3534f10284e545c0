import { ByteSize } from "effect"

/** The most bytes that the body of a request may have. The largest session config is a tenth of it. */
export const bodyLimit = 64 * 1024

export const bodyLimitSize = ByteSize.kibibytes(64)
