import { Schema, SchemaGetter } from "effect"
import { NoEligibleMerchantAccount } from "../../kernel/refusals.ts"
import { describe, ExclusionReason, ToldLeftOut, ToldReason } from "../../kernel/routing/ExclusionReason.ts"
import { codeOf } from "../errorBody.ts"

const codes = ExclusionReason.members.map((member) => codeOf(member.fields._tag.schema.literal))

const Written = Schema.StructWithRest(
  Schema.Struct({
    code: Schema.Literals(codes).annotate({ description: "For programs: `kill_switch_on`." }),
    sentence: Schema.String.annotate({ description: "For people: `its kill switch is on`." })
  }),
  [Schema.Record(Schema.String, Schema.Unknown)]
).annotate({
  identifier: "ExclusionReason",
  description: "Why an account was left out, with the exact difference in its other fields."
})

/** A reason as it goes out: under its code, as everything else that is refused, and not under the kernel's tag. */
const Reason = Written.pipe(
  Schema.decodeTo(Schema.toType(ToldReason), {
    decode: SchemaGetter.forbidden(() => "a reason is only written here"),
    encode: SchemaGetter.transform((reason) => {
      const { _tag, ...difference } = reason
      return { code: codeOf(_tag), sentence: describe(reason), ...difference }
    })
  })
)

export const whyNoAccount = Schema.Struct({
  entity: NoEligibleMerchantAccount.fields.entity,
  leftOut: Schema.Array(
    Schema.Struct({ mid: ToldLeftOut.fields.mid, reasons: Schema.NonEmptyArray(Reason) })
  ),
  passedOver: NoEligibleMerchantAccount.fields.passedOver
})
