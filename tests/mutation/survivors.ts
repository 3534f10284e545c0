import type { Justification } from "./judge.ts"

/** Why some mutants live on. Whoever adds one says why no caller could ever see a difference. */
export const survivors: ReadonlyArray<Justification> = [
  {
    why: "A reference loses what stood there or has other words in its place: either way it is not what it was.",
    mutants: ['cascade/keepable.ts referenceProblem: StringLiteral "" -> "Stryker was here!" #2']
  },
  {
    why: "Nothing but an unknown outcome has anything for its customer to do: the tag is for the compiler alone.",
    mutants: [
      'cascade/Cascade.ts record: ConditionalExpression outcome._tag === "Indeterminate" -> true',
      'ChargeResolver.ts isAbandoned: ConditionalExpression found._tag === "StillPending" -> true'
    ]
  },
  {
    why: "Of what is no capture, the kept form is of the same kind: the question is for the compiler alone.",
    mutants: [
      'refunds/keepableRefund.ts keepableRefund: ConditionalExpression kept._tag === "Indeterminate" -> true',
      'refunds/keepableRefund.ts keepableRefund: ConditionalExpression kept._tag === "Declined" || kept._tag === "Absent" -> true'
    ]
  },
  {
    why: "What is about nothing is done with also where no case is made for it: the case is for the compiler alone.",
    mutants: [
      'webhooks/WebhookProcessing.ts WebhookProcessing: ConditionalExpression case "Other": return undefined -> case "Other":',
      'webhooks/WebhookProcessing.ts WebhookProcessing: StringLiteral "Other" -> ""'
    ]
  },
  {
    why: "No network has published a rule of one kind later than one of another: nothing in the table tells kinds apart yet.",
    mutants: [
      "routing/retryBudgets.ts budgetsInForce: ConditionalExpression later.hours === hours -> true",
      "routing/retryBudgets.ts budgetsInForce: LogicalOperator later.hours === hours && later.sameAmount === sameAmount -> later.hours === hours || later.sameAmount === sameAmount",
      "routing/retryBudgets.ts budgetsInForce: ConditionalExpression later.hours === hours && later.sameAmount === sameAmount -> true",
      "routing/retryBudgets.ts budgetsInForce: ConditionalExpression later.sameAmount === sameAmount -> true"
    ]
  },
  {
    why: "The compiled rule is met where an account has none or the charge does not say: the question is for the compiler alone.",
    mutants: [
      "routing/Eligibility.ts exclusions: ConditionalExpression rules.cardBrands !== undefined -> true",
      "routing/Eligibility.ts exclusions: ConditionalExpression inputs.cardBrand !== undefined -> true",
      "routing/Eligibility.ts exclusions: ConditionalExpression rules.countries !== undefined -> true",
      "routing/Eligibility.ts exclusions: ConditionalExpression inputs.country !== undefined -> true",
      "routing/Eligibility.ts exclusions: ConditionalExpression rules.vaults !== undefined -> true",
      "routing/Eligibility.ts exclusions: ConditionalExpression inputs.vault !== undefined -> true",
      "routing/Eligibility.ts exclusions: ConditionalExpression inputs.bin !== undefined -> true",
      "routing/Eligibility.ts exclusions: ConditionalExpression rules.highestRisk !== undefined -> true",
      "routing/Eligibility.ts exclusions: ConditionalExpression account.monthlyCap !== undefined -> true"
    ]
  },
  {
    why: "Before the first place stands nothing, and of two lists of one length nothing is missing: each question ends the loop where another would. Written for speed.",
    mutants: [
      'routing/Ordering.ts order: ArrayDeclaration [] -> ["Stryker was here"] #2',
      "routing/Ordering.ts order: EqualityOperator place > 0 -> place >= 0",
      "routing/Ordering.ts order: ConditionalExpression before === undefined -> false",
      "routing/Ordering.ts order: LogicalOperator before === undefined || drawBefore === undefined -> before === undefined && drawBefore === undefined",
      "routing/Ordering.ts order: ConditionalExpression before === undefined || drawBefore === undefined -> false",
      "routing/Ordering.ts order: ConditionalExpression drawBefore === undefined -> false"
    ]
  },
  {
    why: "A sum is a multiple of ten whether it is counted up or down.",
    mutants: [
      "cardNumbers.ts passesLuhn: AssignmentOperator sum += i % 2 === 0 ? digit : Number(doubled[digit]) -> sum -= i % 2 === 0 ? digit : Number(doubled[digit])"
    ]
  },
  {
    why: "A short cut for texts without digits: without it the answer is the same and takes longer.",
    mutants: ["cardNumbers.ts inPlainDigits: ConditionalExpression /\\p{Nd}/u.test(normal) -> true"]
  }
]
