import { Redacted } from "effect"
import { checkoutAddresses } from "../../src/http/checkout/addresses.ts"

/** Where checkouts are in tests without a browser; their secrets are derived with a key of zeros. */
export const addresses = checkoutAddresses({
  publicOrigin: "https://pay.example",
  checkoutKeys: [Redacted.make(new Uint8Array(32))]
})
