import type { Headers } from "effect/http"

const json = /^application\/json\s*(;\s*charset\s*=\s*("utf-8"|utf-8)\s*)?$/i

/** Whether a body says that it is JSON in UTF-8, which is what every door reads and nothing else. */
export const saysJson = (headers: Headers.Headers): boolean => json.test(headers["content-type"] ?? "")

/** How a body is packed, if it is: nothing is unpacked here, where a few bytes could become many. */
export const packing = ({ "content-encoding": encoding = "" }: Headers.Headers): string | undefined =>
  /^(identity)?$/i.test(encoding.trim()) ? undefined : encoding
