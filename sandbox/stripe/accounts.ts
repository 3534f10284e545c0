import { randomText } from "../plumbing/ids.ts"
import type { Fields } from "../plumbing/Fields.ts"
import type { Endpoint } from "./records.ts"
import { invalid } from "./StripeRefusal.ts"
import { type Call, owned, seconds, type World } from "./world.ts"

/** The account of an API key: there is one for every name, from its first use on. */
export const accountOf = (
  key: string
): { readonly account: string; readonly publishable: boolean } | undefined => {
  const match = /^(sk|rk|pk)_test_sandbox_(\w{1,64})$/.exec(key)
  return match === null ? undefined : { account: `acct_sandbox_${match[2]}`, publishable: match[1] === "pk" }
}

export const endpointObject = (endpoint: Endpoint, withSecret: boolean) => ({
  id: endpoint.id,
  object: "webhook_endpoint",
  api_version: null,
  application: null,
  created: endpoint.created,
  description: endpoint.description,
  enabled_events: endpoint.enabledEvents,
  livemode: false,
  metadata: endpoint.metadata,
  ...(withSecret ? { secret: endpoint.secret } : {}),
  status: endpoint.disabled ? "disabled" : "enabled",
  url: endpoint.url
})

const urlOf = (fields: Fields): string | undefined => {
  const url = fields.get("url")
  if (url !== undefined && !URL.canParse(url))
    throw invalid("Invalid URL: An explicit scheme must be provided", "url")
  return url
}

/** The endpoint at a URL, there only once however often it is asked for; it keeps its secret unless given one. */
export const oneEndpoint = (
  world: World,
  account: string,
  url: string,
  enabledEvents: ReadonlyArray<string>,
  secret: string | undefined
): Endpoint => {
  const found = world.endpoints.all().find((one) => one.account === account && one.url === url)
  if (found === undefined) return addEndpoint(world, account, url, enabledEvents, secret)
  const endpoint: Endpoint = { ...found, enabledEvents, secret: secret ?? found.secret }
  world.endpoints.put(found.id, endpoint)
  return endpoint
}

/** Forgets where somebody listened before they moved here: the same path on the same host, at another port. */
export const forgetMoved = (world: World, account: string, url: string): void => {
  const placeOf = (address: string) => {
    const { hostname, pathname } = new URL(address)
    return `${hostname}${pathname}`
  }
  for (const endpoint of world.endpoints.all()) {
    const isOther = endpoint.account === account && endpoint.url !== url
    if (isOther && placeOf(endpoint.url) === placeOf(url)) world.endpoints.remove(endpoint.id)
  }
}

/** An endpoint for the events of an account; the secret is chosen by chance unless given. */
const addEndpoint = (
  world: World,
  account: string,
  url: string,
  enabledEvents: ReadonlyArray<string>,
  secret = `whsec_${randomText(32)}`
): Endpoint => {
  const endpoint: Endpoint = {
    id: `we_${randomText(24)}`,
    account,
    created: seconds(world),
    url,
    enabledEvents,
    disabled: false,
    description: null,
    metadata: {},
    secret,
    oldSecret: null
  }
  world.endpoints.put(endpoint.id, endpoint)
  return endpoint
}

export const createEndpoint = (world: World, call: Call) => {
  const url = urlOf(call.fields)
  const events = call.fields.list("enabled_events")
  if (url === undefined) throw invalid("Missing required param: url.", "url", "parameter_missing")
  if (events.length === 0) {
    throw invalid("Missing required param: enabled_events.", "enabled_events", "parameter_missing")
  }
  const endpoint: Endpoint = {
    ...addEndpoint(world, call.account, url, events),
    description: call.fields.get("description") ?? null,
    metadata: call.fields.group("metadata")
  }
  world.endpoints.put(endpoint.id, endpoint)
  return endpointObject(endpoint, true)
}

export const updateEndpoint = (world: World, call: Call, id: string) => {
  const found = owned(world.endpoints, call.account, id, "webhook endpoint", "webhook_endpoint")
  const events = call.fields.list("enabled_events")
  const disabled = call.fields.get("disabled")
  const endpoint: Endpoint = {
    ...found,
    url: urlOf(call.fields) ?? found.url,
    enabledEvents: events.length === 0 ? found.enabledEvents : events,
    disabled: disabled === undefined ? found.disabled : disabled === "true"
  }
  world.endpoints.put(id, endpoint)
  return endpointObject(endpoint, false)
}

export const deleteEndpoint = (world: World, call: Call, id: string) => {
  owned(world.endpoints, call.account, id, "webhook endpoint", "webhook_endpoint")
  world.endpoints.remove(id)
  return { id, object: "webhook_endpoint", deleted: true }
}

const day = 24 * 3600 * 1000

/** A new secret; for a day the old one signs beside it. The API has no door for this, only the dashboard has. */
export const rollSecret = (world: World, endpoint: Endpoint): Endpoint => {
  const rolled: Endpoint = {
    ...endpoint,
    secret: `whsec_${randomText(32)}`,
    oldSecret: { secret: endpoint.secret, until: world.bench.clock.now() + day }
  }
  world.endpoints.put(endpoint.id, rolled)
  return rolled
}
