import { Schema } from "effect"
import { AttemptId } from "../../kernel/ids.ts"
import { EvidenceSource } from "../../kernel/PaymentLedger.ts"

/** One thing that was heard of an attempt, in the words of whoever said it. Never card data. */
export class HeardEvidence extends Schema.Class<HeardEvidence>("HeardEvidence")({
  attempt: AttemptId,
  /** Counts the evidence of an attempt from 1. */
  nr: Schema.Int,
  source: EvidenceSource,
  outcome: Schema.Literals(["Captured", "Declined", "Indeterminate", "Absent"]),
  code: Schema.String,
  message: Schema.String,
  heardAt: Schema.DateTimeUtcFromString
}) {}
