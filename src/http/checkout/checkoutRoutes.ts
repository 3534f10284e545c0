import { Layer } from "effect"
import type { CheckoutAddresses } from "./addresses.ts"
import { checkoutAssets } from "./assets.ts"
import { cardFieldsOffered } from "./cardFieldsOffered.ts"
import { demoRoutes } from "./demoRoutes.ts"
import { doorRoutes } from "./doorRoutes.ts"
import { pageRoutes } from "./pageRoutes.ts"
import { reportRoutes } from "./reportRoutes.ts"
import { SessionLimits } from "./SessionLimits.ts"

/** The customer's checkout: its pages, what they load, and the door that they ask. */
export const checkoutRoutes = (settings: {
  readonly addresses: CheckoutAddresses
  readonly host: string
  readonly publicOrigin: string
  readonly loopbackOnly: boolean
}) => {
  const assets = checkoutAssets()
  return Layer.mergeAll(
    pageRoutes({ ...settings, assets }),
    doorRoutes(settings.addresses),
    reportRoutes(assets, settings.addresses),
    settings.loopbackOnly ? demoRoutes(settings.addresses, assets) : Layer.empty
  ).pipe(Layer.provide([cardFieldsOffered({ ...settings, assets }), SessionLimits.layer]))
}
