import type { Fault } from "../plumbing/Fault.ts"
import type { Request } from "../plumbing/Http.ts"
import { createEndpoint, deleteEndpoint, endpointObject, updateEndpoint } from "./accounts.ts"
import { capture } from "./charging.ts"
import { cancelIntent, confirmIntent, createIntent } from "./intents.ts"
import { listOf } from "./lists.ts"
import { createMethod } from "./methods.ts"
import { chargeObject, disputeObject, intentObject, methodObject, refundObject } from "./objects.ts"
import { onlyKnown, positiveAmount } from "./parameters.ts"
import type { Intent } from "./records.ts"
import { createRefund } from "./refunds.ts"
import { searchIntents } from "./search.ts"
import { invalid, wrongState } from "./StripeRefusal.ts"
import { type Call, owned, type World } from "./world.ts"

/** What a path does: the object that it answers. */
type Work = (world: World, call: Call, id: string, fault: Fault | undefined) => unknown

interface Route {
  readonly pattern: RegExp
  /** Parameters that it knows; all of them if there is no list. */
  readonly known?: ReadonlyArray<string>
  readonly work: Work
}

const names = (text: string): ReadonlyArray<string> => text.trim().split(/\s+/)

const confirmation = names(`
  payment_method payment_method_data payment_method_options payment_method_types off_session return_url
  allowed_payment_method_types excluded_payment_method_types confirmation_token payment_method_configuration
  error_on_requires_action setup_future_usage receipt_email mandate mandate_data shipping use_stripe_sdk
  radar_options capture_method
`)
const creation = [
  ...confirmation,
  ...names(`
    amount currency confirm metadata description customer confirmation_method statement_descriptor
    statement_descriptor_suffix automatic_payment_methods transfer_group on_behalf_of application_fee_amount
    transfer_data
  `)
]
const paging = ["limit", "starting_after", "ending_before", "created"]

const seen = (world: World, intent: Intent) => intent.hiddenUntil <= world.bench.clock.now()
const mine = <A extends { readonly account: string }>(call: Call, rows: ReadonlyArray<A>) =>
  rows.filter(({ account }) => account === call.account)

/** Members that `expand[]` puts in the place of their ids. */
const expanded = (world: World, call: Call, object: object, prefix = ""): unknown => {
  const wanted = call.fields
    .list("expand")
    .flatMap((path) => (path.startsWith(prefix) ? [path.slice(prefix.length)] : []))
  const shown = Object.entries(object).map(([name, value]) => {
    if (typeof value !== "string" || !wanted.includes(name)) return [name, value]
    const charge = world.charges.get(value)
    const method = world.methods.get(value)
    const intent = world.intents.get(value)
    return [
      name,
      charge !== undefined
        ? chargeObject(world, charge)
        : method !== undefined
          ? methodObject(method)
          : intent === undefined
            ? value
            : intentObject(world, intent)
    ]
  })
  return Object.fromEntries(shown)
}

const gets: ReadonlyArray<Route> = [
  {
    pattern: /^\/v1\/payment_methods\/(\w+)$/,
    work: (world, call, id) =>
      methodObject(owned(world.methods, call.account, id, "PaymentMethod", "payment_method"))
  },
  {
    pattern: /^\/v1\/payment_intents\/search$/,
    known: ["query", "limit", "page"],
    work: (world, call) => {
      const now = world.bench.clock.now()
      const indexed = mine(call, world.intents.all()).filter(
        (intent) => seen(world, intent) && intent.created * 1000 + world.searchDelay * 1000 <= now
      )
      return searchIntents(call.fields, indexed, (intent) => intentObject(world, intent))
    }
  },
  {
    pattern: /^\/v1\/payment_intents$/,
    known: [...paging, "customer"],
    work: (world, call) => {
      const customer = call.fields.get("customer")
      const rows = mine(call, world.intents.all()).filter(
        (intent) => seen(world, intent) && (customer === undefined || intent.customer === customer)
      )
      return listOf("/v1/payment_intents", call.fields, rows, (intent) =>
        expanded(world, call, intentObject(world, intent), "data.")
      )
    }
  },
  {
    pattern: /^\/v1\/payment_intents\/(\w+)$/,
    known: ["client_secret"],
    work: (world, call, id) =>
      expanded(
        world,
        call,
        intentObject(world, owned(world.intents, call.account, id, "payment_intent", "intent"))
      )
  },
  {
    pattern: /^\/v1\/charges\/(\w+)$/,
    work: (world, call, id) =>
      expanded(world, call, chargeObject(world, owned(world.charges, call.account, id, "charge", "id")))
  },
  {
    pattern: /^\/v1\/charges$/,
    known: [...paging, "payment_intent"],
    work: (world, call) => {
      const intent = call.fields.get("payment_intent")
      const rows = mine(call, world.charges.all()).filter(
        (one) => intent === undefined || one.intent === intent
      )
      return listOf("/v1/charges", call.fields, rows, (charge) => chargeObject(world, charge))
    }
  },
  {
    pattern: /^\/v1\/refunds\/(\w+)$/,
    work: (world, call, id) =>
      expanded(world, call, refundObject(owned(world.refunds, call.account, id, "refund", "id")))
  },
  {
    pattern: /^\/v1\/refunds$/,
    known: [...paging, "payment_intent", "charge"],
    work: (world, call) => {
      const intent = call.fields.get("payment_intent")
      const charge = call.fields.get("charge")
      const rows = mine(call, world.refunds.all()).filter(
        (one) =>
          (intent === undefined || one.intent === intent) && (charge === undefined || one.charge === charge)
      )
      return listOf("/v1/refunds", call.fields, rows, refundObject)
    }
  },
  {
    pattern: /^\/v1\/disputes\/(\w+)$/,
    work: (world, call, id) =>
      disputeObject(world, owned(world.disputes, call.account, id, "dispute", "dispute"))
  },
  {
    pattern: /^\/v1\/disputes$/,
    known: [...paging, "payment_intent", "charge"],
    work: (world, call) => {
      const intent = call.fields.get("payment_intent")
      const rows = mine(call, world.disputes.all()).filter(
        (one) => intent === undefined || one.intent === intent
      )
      return listOf("/v1/disputes", call.fields, rows, (dispute) => disputeObject(world, dispute))
    }
  },
  {
    pattern: /^\/v1\/events\/(\w+)$/,
    work: (world, call, id) => owned(world.events, call.account, id, "event", "id").body
  },
  {
    pattern: /^\/v1\/events$/,
    known: [...paging, "type", "types", "delivery_success"],
    work: (world, call) => {
      const type = call.fields.get("type")
      const types = call.fields.list("types")
      const rows = mine(call, world.events.all()).filter(
        (event) =>
          (type === undefined || event.type === type) && (types.length === 0 || types.includes(event.type))
      )
      return listOf("/v1/events", call.fields, rows, ({ body }) => body)
    }
  },
  {
    pattern: /^\/v1\/webhook_endpoints\/(\w+)$/,
    work: (world, call, id) =>
      endpointObject(owned(world.endpoints, call.account, id, "webhook endpoint", "webhook_endpoint"), false)
  },
  {
    pattern: /^\/v1\/webhook_endpoints$/,
    known: paging,
    work: (world, call) =>
      listOf("/v1/webhook_endpoints", call.fields, mine(call, world.endpoints.all()), (endpoint) =>
        endpointObject(endpoint, false)
      )
  },
  {
    pattern: /^\/v1\/account$/,
    work: (_, call) => ({ id: call.account, object: "account", type: "standard" })
  },
  {
    pattern: /^\/v1\/balance$/,
    work: () => ({ object: "balance", available: [], livemode: false, pending: [] })
  }
]

const posts: ReadonlyArray<Route> = [
  {
    pattern: /^\/v1\/payment_methods$/,
    known: ["type", "card", "billing_details", "metadata", "allow_redisplay"],
    work: (world, call) => createMethod(world, call)
  },
  {
    pattern: /^\/v1\/payment_intents$/,
    known: creation,
    work: (world, call, _, fault) => expandedIfObject(world, call, createIntent(world, call, fault))
  },
  {
    pattern: /^\/v1\/payment_intents\/(\w+)\/confirm$/,
    known: [...confirmation, "client_secret"],
    work: (world, call, id, fault) => expandedIfObject(world, call, confirmIntent(world, call, id, fault))
  },
  {
    pattern: /^\/v1\/payment_intents\/(\w+)\/cancel$/,
    known: ["cancellation_reason"],
    work: (world, call, id) => cancelIntent(world, call, id)
  },
  {
    pattern: /^\/v1\/payment_intents\/(\w+)\/capture$/,
    known: ["amount_to_capture", "metadata", "statement_descriptor", "statement_descriptor_suffix"],
    work: (world, call, id) => {
      const intent = owned(world.intents, call.account, id, "payment_intent", "intent")
      const amount = positiveAmount(call.fields, "amount_to_capture") ?? intent.amountCapturable
      if (intent.status !== "requires_capture") {
        throw wrongState(
          "payment_intent_unexpected_state",
          `This PaymentIntent could not be captured because it has a status of ${intent.status}.`,
          intentObject(world, intent)
        )
      }
      if (amount > intent.amountCapturable) {
        throw invalid(
          "The amount to capture is larger than what was authorized.",
          "amount_to_capture",
          "amount_too_large"
        )
      }
      return intentObject(world, capture(world, intent, amount, call))
    }
  },
  {
    pattern: /^\/v1\/refunds$/,
    known: [
      "payment_intent",
      "charge",
      "amount",
      "reason",
      "metadata",
      "refund_application_fee",
      "reverse_transfer"
    ],
    work: (world, call) => expandedIfObject(world, call, createRefund(world, call))
  },
  {
    pattern: /^\/v1\/webhook_endpoints$/,
    known: ["url", "enabled_events", "description", "metadata", "api_version", "connect"],
    work: (world, call) => createEndpoint(world, call)
  },
  {
    pattern: /^\/v1\/webhook_endpoints\/(\w+)$/,
    known: ["url", "enabled_events", "description", "metadata", "disabled"],
    work: (world, call, id) => updateEndpoint(world, call, id)
  }
]

const deletes: ReadonlyArray<Route> = [
  {
    pattern: /^\/v1\/webhook_endpoints\/(\w+)$/,
    work: (world, call, id) => deleteEndpoint(world, call, id)
  }
]

const expandedIfObject = (world: World, call: Call, object: object) => expanded(world, call, object)

const byMethod: Readonly<Record<string, ReadonlyArray<Route>>> = { GET: gets, POST: posts, DELETE: deletes }

/** The work that a request asks for, if its path is known. */
export const routed = (
  { method, path }: Request,
  call: Call
): ((world: World, fault: Fault | undefined) => unknown) | undefined => {
  for (const { pattern, known, work } of byMethod[method] ?? []) {
    const match = pattern.exec(path)
    if (match === null) continue
    return (world, fault) => {
      onlyKnown(call.fields, known ?? [])
      return work(world, call, match[1] ?? "", fault)
    }
  }
  return undefined
}
