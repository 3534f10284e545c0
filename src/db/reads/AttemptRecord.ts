import { Schema } from "effect"
import { Attempt } from "../../kernel/Attempt.ts"
import { DeclineKind } from "../../kernel/cascade/Disposition.ts"

/** An attempt with what its row says beside the kernel's view of it: when, in which round, and how it ended. */
export class AttemptRecord extends Attempt.extend<AttemptRecord>("AttemptRecord")({
  /** Which confirmation of the session it belongs to, from 1; its routing decision has the same number. */
  round: Schema.Int,
  declineKind: Schema.optionalKey(DeclineKind),
  processorReference: Schema.optionalKey(Schema.String),
  writtenAt: Schema.DateTimeUtcFromString,
  resolvedAt: Schema.optionalKey(Schema.DateTimeUtcFromString)
}) {}
