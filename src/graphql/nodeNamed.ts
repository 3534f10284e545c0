import { Result } from "effect"
import { Base64 } from "effect/encoding"

const pattern = /^(PaymentSession|Attempt|Entity|MerchantAccount|ChangeRequest|Refund|PaymentEvent):(.+)$/s

/** No session has it. */
const nobody = { typename: "PaymentSession", id: "" }

/** Which node a global id means. What is no global id of a node means one that is not there. */
export const nodeNamed = (globalId: string): { readonly typename: string; readonly id: string } => {
  const text = Result.getOrElse(Base64.decodeString(globalId), () => "")
  const [, typename, id] = pattern.exec(text) ?? []
  return typename === undefined || id === undefined ? nobody : { typename, id }
}
