// What has to occur in the usual runs of a property: each kind of request, of answer and of step that counts. What a
// run of drawn requests cannot be relied on to show, `each.test.ts` shows by name.

const asked = (...kinds: ReadonlyArray<string>) => kinds.map((kind) => `asked: ${kind}`)
const heard = (...kinds: ReadonlyArray<string>) => kinds.map((kind) => `heard: ${kind}`)
const steps = (...kinds: ReadonlyArray<string>) => kinds.map((kind) => `step: ${kind}`)

const byBothDoors = ["create", "confirm", "cancel", "claim", "read"].flatMap((kind) => [
  `${kind} by rest`,
  `${kind} by graphql`
])

const ends = [
  "confirm: settled (settled)",
  "confirm: declined (pending)",
  "confirm: in_review (in_review)",
  "confirm: processing (processing)",
  "confirm: refused idempotency_key_reused",
  "confirm: refused session_not_payable (cancelled)",
  "confirm: refused session_not_payable (in_review)",
  "confirm: refused session_not_payable (processing)",
  "confirm: refused session_not_payable (settled)",
  "create: pending",
  "cancel: cancelled",
  "cancel: refused session_not_payable (in_review)",
  "cancel: refused session_not_payable (settled)",
  "claim: first, own",
  "claim: duplicate",
  "claim: refused session_not_settled (pending)",
  "read: pending",
  "read: settled",
  "read: expired",
  "read: failed",
  "read: cancelled",
  "switch: on",
  "switch: off"
]

const fates = [
  "sent: captured",
  "sent: soft",
  "sent: hard",
  "sent: unproven",
  "sent: late",
  "sent: denied",
  "sent: nothing",
  "failed over",
  "settled by driver",
  "settled by lookup",
  "declined by driver",
  "unknown to driver",
  "looked up: captured",
  "looked up: not found, past the horizon",
  "absent",
  "expired"
]

export const wantedAlone: ReadonlyArray<string> = [
  ...asked(
    ...byBothDoors,
    "switch",
    "reconcile",
    "takeOver",
    "expire",
    "timePasses",
    "processPauses",
    ...["as it was", "with another body", "for another session", "by another caller", "without its key"].map(
      (twist) => `again ${twist}`
    ),
    ...["writes ahead", "has its permit", "sends", "records"].map((place) => `hung up where it ${place}`),
    ...[
      "nothing",
      "a pause of the process",
      "a takeover",
      "a takeover and a lookup",
      "a takeover, a lookup and another card",
      "a stop"
    ].map((meanwhile) => `meanwhile ${meanwhile}`)
  ),
  ...heard(
    ...ends.filter((end) => end !== "confirm: refused session_not_payable (processing)"),
    "confirm: declined (failed)",
    "confirm: failed (failed)",
    "confirm: refused invalid_input",
    "confirm: refused malformed_request",
    "confirm: refused no_eligible_merchant_account",
    "confirm: refused session_not_payable (expired)",
    "confirm: refused session_not_payable (failed)",
    "confirm: refused unauthorized",
    "confirm: refused unknown_session",
    "create: refused idempotency_key_reused",
    "create: refused invalid_input",
    "create: refused malformed_request",
    "create: refused no_eligible_merchant_account",
    "create: refused order_already_declared (pending)",
    "claim: refused session_not_settled (in_review)"
  ),
  ...steps(
    ...fates,
    "taken over",
    "indeterminate, known before",
    "looked up: not found",
    "confirm replayed while processing",
    "confirm replayed while in_review",
    "confirm replayed while settled",
    "confirm replayed while pending",
    "create replayed",
    "order taken"
  )
]

export const wantedStepped: ReadonlyArray<string> = [
  ...asked(...byBothDoors, "switch", "reconcile", "takeOver", "expire", "timePasses", "processPauses"),
  ...asked(...["has its permit", "sends"].map((place) => `hung up beside others where it ${place}`)),
  ...heard(
    ...ends,
    "claim: duplicate, own",
    "claim: refused session_not_settled (in_review)",
    "confirm: refused session_not_payable (expired)"
  ),
  ...steps(
    ...fates,
    "taken over",
    "indeterminate, known before",
    "looked up: not found",
    "confirm replayed while processing",
    "create replayed"
  )
]

/** What really happens here depends on who is quicker. */
export const wantedRacing: ReadonlyArray<string> = [
  ...asked(...byBothDoors, "switch", "reconcile", "takeOver", "expire"),
  ...heard(
    "confirm: settled (settled)",
    "confirm: declined (pending)",
    "confirm: in_review (in_review)",
    "confirm: refused session_not_payable (settled)",
    "claim: first, own",
    "claim: duplicate",
    "cancel: cancelled"
  ),
  ...steps(
    "sent: captured",
    "sent: soft",
    "sent: hard",
    "sent: unproven",
    "settled by lookup",
    "create replayed"
  )
]
