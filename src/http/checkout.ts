import type { PaymentSession } from "../kernel/PaymentSession.ts"

/**
 * The way to a session's checkout. Neither of the two is a secret yet: they say no more than the session's id,
 * and the checkout page will give them one when it exists.
 */
export const checkoutOf = (
  session: PaymentSession,
  publicOrigin: string
): { readonly url: string } | { readonly embedToken: string } =>
  session.mode === "hosted"
    ? { url: `${publicOrigin}/pay/${session.id}` }
    : { embedToken: `et_${session.id}` }
