/**
 * The one shape of an error, whatever went wrong and whichever route answers it. `code` is the refusal's tag in
 * snake case, `field` a path into the request, `details` what a program needs beyond the sentence.
 */
export interface ErrorBody<Details> {
  readonly error: {
    readonly code: string
    readonly field: string | null
    readonly message: string
    readonly details: Details
    readonly requestId: string
  }
}

/** `CategoryNotUnderwritten` is answered as `category_not_underwritten`. */
export const codeOf = (tag: string): string =>
  tag.replaceAll(/(?<=[a-z0-9])[A-Z]/g, (letter) => `_${letter}`).toLowerCase()

export const errorBody = <Details>(
  refusal: { readonly _tag: string; readonly message: string; readonly field?: string | undefined },
  details: Details,
  requestId: string,
  field: string | undefined = refusal.field
): ErrorBody<Details> => ({
  error: { code: codeOf(refusal._tag), field: field ?? null, message: refusal.message, details, requestId }
})
