import { Schema } from "effect"
import { readFileSync } from "node:fs"

/** The version of this service. */
export const version: string = Schema.decodeUnknownSync(
  Schema.fromJsonString(Schema.Struct({ version: Schema.String }))
)(readFileSync(new URL("../package.json", import.meta.url), "utf8")).version
