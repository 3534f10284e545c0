import { page, type Reply, type Request } from "../plumbing/Http.ts"
import { authenticated } from "./charging.ts"
import type { World } from "./world.ts"

const html = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;")

/** The page to which `next_action` leads: it plays the bank, and a click passes or fails the authentication. */
export const authenticatePage = (world: World, request: Request): Reply | undefined => {
  const [, id = ""] = /^\/_sandbox\/authenticate\/(\w+)$/.exec(request.path) ?? []
  if (id === "") return undefined
  const intent = world.intents.get(id)
  if (intent === undefined) return page(404, "<h1>There is no such payment.</h1>")
  if (request.method !== "POST") {
    return page(
      200,
      `<h1>3D Secure of the sandbox</h1><p>${(intent.amount / 100).toFixed(2)} ${html(intent.currency.toUpperCase())}</p>` +
        `<form method="post"><button name="result" value="pass">Complete</button> ` +
        `<button name="result" value="fail">Fail</button></form>`
    )
  }
  const after = world.bench.store.transact(() =>
    authenticated(world, intent, request.fields.get("result") === "pass")
  )
  if (after.returnUrl === null) return page(200, `<h1>Done: ${html(after.status)}</h1>`)
  const back = new URL(after.returnUrl)
  back.searchParams.set("payment_intent", after.id)
  back.searchParams.set("payment_intent_client_secret", after.clientSecret)
  back.searchParams.set("redirect_status", after.status === "succeeded" ? "succeeded" : "failed")
  return { status: 303, headers: { location: back.href }, body: "" }
}
