import { Result } from "effect"
import { Base64 } from "effect/encoding"

/**
 * The plain id that an argument means: it may be the plain id itself (`ps_01J...`, `loop_goods`), or the global
 * id of the `id` field. No plain id is the Base64 of `<type>:`.
 */
export const plainId = (type: string, id: string): string => {
  const text = Result.getOrElse(Base64.decodeString(id), () => "")
  return text.startsWith(`${type}:`) ? text.slice(type.length + 1) : id
}
