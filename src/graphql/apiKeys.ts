import { Duration, Effect, Redacted } from "effect"
import { pageOf } from "../db/reads/Page.ts"
import { LedgerDidNotAnswer } from "../http/doorRefusals.ts"
import { adviseOnLedger } from "../http/refusals.ts"
import { type ApiKey as KernelKey, KeyRecord } from "../kernel/access/KeyRecord.ts"
import { TooManyKeys, UnknownKey, WiderThanOwn } from "../kernel/access/keyRefusals.ts"
import { KeysNotKept } from "../kernel/access/KeySecrets.ts"
import type { Operation as KernelOperation } from "../kernel/access/Operation.ts"
import type { ChangeRequest as KernelChange } from "../kernel/changes/ChangeRequest.ts"
import { OperatorsOnly } from "../kernel/operations/operatorRefusals.ts"
import type { LedgerUnavailable } from "../kernel/PaymentLedger.ts"
import { InvalidInput } from "../kernel/refusals.ts"
import { checkText } from "../kernel/text.ts"
import { builder } from "./builder.ts"
import type { GraphqlContext } from "./context.ts"
import { ChangeRequest } from "./refs.ts"
import { connectionOf, sliceOf } from "./pages.ts"
import { Refusal } from "./Refusal.ts"

const operationNames: Readonly<Record<KernelOperation, string>> = {
  "sessions:read": "sessions_read",
  "sessions:write": "sessions_write",
  "refunds:write": "refunds_write",
  "events:manage": "events_manage",
  "registry:read": "registry_read",
  "registry:write": "registry_write",
  "operations:manage": "operations_manage",
  "audit:read": "audit_read",
  "keys:manage": "keys_manage",
  "changes:request": "changes_request",
  "changes:approve": "changes_approve"
}

const Operation = builder.enumType("Operation", {
  description: "What an API key may do: `sessions:read` is `sessions_read` here.",
  values: {
    sessions_read: { value: "sessions:read" },
    sessions_write: { value: "sessions:write" },
    refunds_write: { value: "refunds:write" },
    events_manage: { value: "events:manage" },
    registry_read: { value: "registry:read" },
    registry_write: { value: "registry:write" },
    operations_manage: { value: "operations:manage" },
    audit_read: { value: "audit:read" },
    keys_manage: { value: "keys:manage" },
    changes_request: { value: "changes:request" },
    changes_approve: { value: "changes:approve" }
  } satisfies Record<string, { readonly value: KernelOperation }>
})

const ApiKey = builder.objectRef<KernelKey>("ApiKey").implement({
  description: "A key that was given out. What opens anything with it is shown once, and not kept.",
  fields: (t) => ({
    keyId: t.exposeString("id", { description: "Its public part, which stands in the key itself." }),
    principal: t.exposeString("principal", { description: "In whose name it asks; it stands in the audit." }),
    operations: t.expose("operations", { type: [Operation] }),
    entities: t.exposeStringList("entities", { nullable: true, description: "Null: of all companies." }),
    brands: t.exposeStringList("brands", { nullable: true, description: "Null: of all brands." }),
    createdAt: t.expose("createdAt", { type: "DateTime" }),
    endsAt: t.expose("endsAt", { type: "DateTime", nullable: true }),
    revokedAt: t.expose("revokedAt", { type: "DateTime", nullable: true })
  })
})

const payloadWithKey = (name: string) =>
  builder.objectRef<{ readonly apiKey: KernelKey; readonly key: Redacted.Redacted }>(name).implement({
    fields: (t) => ({
      apiKey: t.expose("apiKey", { type: ApiKey }),
      key: t.string({
        description: "The key: `Authorization: Bearer <key>`. It is shown this once.",
        resolve: ({ key }) => Redacted.value(key)
      })
    })
  })
const CreatePayload = payloadWithKey("CreateApiKeyPayload")
const RotatePayload = payloadWithKey("RotateApiKeyPayload")
const RequestPayload = builder
  .objectRef<{ readonly change: KernelChange; readonly key: Redacted.Redacted }>("RequestApiKeyPayload")
  .implement({
    fields: (t) => ({
      changeRequest: t.expose("change", { type: ChangeRequest }),
      key: t.string({
        description: "The key, once it is signed: `Authorization: Bearer <key>`. It is shown this once.",
        resolve: ({ key }) => Redacted.value(key)
      })
    })
  })
const RevokePayload = builder.objectRef<{ readonly apiKey: KernelKey }>("RevokeApiKeyPayload").implement({
  fields: (t) => ({ apiKey: t.expose("apiKey", { type: ApiKey }) })
})

for (const [refusal, name] of [
  [UnknownKey, "UnknownKey"],
  [WiderThanOwn, "WiderThanOwn"],
  [TooManyKeys, "TooManyKeys"],
  [KeysNotKept, "KeysNotKept"]
] as const) {
  builder.objectType(refusal, { name, interfaces: [Refusal] })
}

const asking = <A, E>(
  { run }: GraphqlContext,
  ask: (keys: KeyRecord["Service"]) => Effect.Effect<A, E | LedgerUnavailable>
) => run(KeyRecord.pipe(Effect.flatMap(ask), adviseOnLedger("operate")))

const within = (field: string, given: number, most: number): Duration.Duration => {
  if (given >= 0 && given <= most) return Duration.seconds(given)
  throw new InvalidInput({ field, problem: `is ${given}; say 0 to ${most} seconds` })
}

const longestLifetime = 366 * 86_400
const longestOverlap = 30 * 86_400
const names = /^[\w@.-]{1,100}$/
const ids = /^[a-z][a-z0-9_-]{0,62}$/

/** Some companies or brands; an empty list would be a key for nothing. */
const someOf = (field: string, given: ReadonlyArray<string> | null | undefined) => {
  if (given === null || given === undefined) return undefined
  if (given.length > 0 && given.length <= 100 && given.every((id) => ids.test(id))) return given
  throw new InvalidInput({ field, problem: "is not a list of 1 to 100 ids; leave it out for all" })
}

const overAll: ReadonlySet<KernelOperation> = new Set([
  "registry:write",
  "operations:manage",
  "keys:manage",
  "changes:request",
  "changes:approve"
])

interface Wish {
  readonly principal: string
  readonly operations: ReadonlyArray<KernelOperation>
  readonly entities?: ReadonlyArray<string> | null | undefined
  readonly brands?: ReadonlyArray<string> | null | undefined
  readonly lifetimeSeconds?: number | null | undefined
}

const wishOf = async ({ principal: name, operations, ...more }: Wish, context: GraphqlContext) => {
  await context.run(checkText({ principal: name }))
  if (!names.test(name))
    throw new InvalidInput({ field: "principal", problem: "is not 1 to 100 letters, digits and _@.-" })
  if (operations.length === 0)
    throw new InvalidInput({ field: "operations", problem: "is empty; say what the key is for" })
  const entities = someOf("entities", more.entities)
  const brands = someOf("brands", more.brands)
  const wide = operations.find((one) => overAll.has(one))
  if (wide !== undefined && (entities !== undefined || brands !== undefined)) {
    const problem = `has ${operationNames[wide]}, which is decided for all companies; leave entities and brands out`
    throw new InvalidInput({ field: "operations", problem })
  }
  const seconds = more.lifetimeSeconds
  const lifetime =
    typeof seconds === "number" ? within("lifetimeSeconds", seconds, longestLifetime) : undefined
  return { principal: name, operations: [...new Set(operations)], entities, brands, lifetime }
}

const wishArgs = (t: Parameters<Parameters<typeof builder.mutationFields>[0]>[0]) => ({
  principal: t.arg.string({ required: true, description: "In whose name: letters, digits and `_@.-`." }),
  operations: t.arg({ type: [Operation], required: true }),
  entities: t.arg.stringList({ description: "Only payments of these companies; of all when left out." }),
  brands: t.arg.stringList({ description: "Only payments of these brands; of all when left out." }),
  lifetimeSeconds: t.arg.int({ description: "After how long it ends; never when left out." })
})

builder.mutationFields((t) => ({
  createApiKey: t.field({
    type: CreatePayload,
    description:
      "Gives out a key, for what your own key is for or a part of it, for no longer than your own, and never in another operator's name. For operators.",
    args: {
      ...wishArgs(t)
    },
    errors: {
      types: [InvalidInput, OperatorsOnly, WiderThanOwn, TooManyKeys, KeysNotKept, LedgerDidNotAnswer],
      union: { name: "CreateApiKeyResult" }
    },
    resolve: async (_root, asked, context) => {
      const wish = await wishOf(asked, context)
      return asking(context, ({ give }) => give({ by: context.principal, byKey: context.key }, wish))
    }
  }),
  requestApiKey: t.field({
    type: RequestPayload,
    description:
      "Asks for a key that is wider than your own. It is shown now and opens nothing until a second person, whose own key is for all of it, approves. Never in another operator's name. For operators.",
    args: {
      ...wishArgs(t),
      reason: t.arg.string({ required: true, description: "Why, for the audit: 1 to 500 characters." })
    },
    errors: {
      types: [InvalidInput, OperatorsOnly, WiderThanOwn, TooManyKeys, KeysNotKept, LedgerDidNotAnswer],
      union: { name: "RequestApiKeyResult" }
    },
    resolve: async (_root, { reason, ...asked }, context) => {
      const wish = await wishOf(asked, context)
      await context.run(checkText({ reason }))
      if (!/^[^\p{Cc}\p{Cs}]{1,500}$/u.test(reason.trim()))
        throw new InvalidInput({ field: "reason", problem: "is not one line of 1 to 500 characters" })
      const giver = { by: context.principal, byKey: context.key }
      return asking(context, ({ ask }) => ask(giver, wish, reason.trim()))
    }
  }),
  rotateApiKey: t.field({
    type: RotatePayload,
    description:
      "Gives out another key for the same, in the same name and until the same end; the one of before goes on until the overlap is over. For operators.",
    args: {
      key: t.arg.string({ required: true, description: "The id of the key that is replaced." }),
      overlapSeconds: t.arg.int({ description: "How long both are taken; a day when nothing is said." })
    },
    errors: {
      types: [
        InvalidInput,
        OperatorsOnly,
        UnknownKey,
        WiderThanOwn,
        TooManyKeys,
        KeysNotKept,
        LedgerDidNotAnswer
      ],
      union: { name: "RotateApiKeyResult" }
    },
    resolve: async (_root, { key, overlapSeconds }, context) => {
      const overlap = within("overlapSeconds", overlapSeconds ?? 86_400, longestOverlap)
      await context.run(checkText({ key }))
      return asking(context, ({ rotate }) =>
        rotate({ by: context.principal, byKey: context.key }, key, overlap)
      )
    }
  }),
  revokeApiKey: t.field({
    type: RevokePayload,
    description:
      "Ends a key at once, in every server, and disables the subscriptions to events that hang on it. It does not come back. For operators.",
    args: {
      key: t.arg.string({ required: true, description: "The id of the key." }),
      reason: t.arg.string({ required: true, description: "Why, for the audit: 1 to 500 characters." })
    },
    errors: {
      types: [InvalidInput, OperatorsOnly, UnknownKey, LedgerDidNotAnswer],
      union: { name: "RevokeApiKeyResult" }
    },
    resolve: async (_root, { key, reason }, context) => {
      await context.run(checkText({ key, reason }))
      if (reason.trim() === "" || reason.length > 500)
        throw new InvalidInput({ field: "reason", problem: "is not a text of 1 to 500 characters" })
      const apiKey = await asking(context, ({ revoke }) => revoke(context.principal, key, reason.trim()))
      return { apiKey }
    }
  })
}))

builder.queryField("apiKeys", (t) =>
  t.connection(
    {
      type: ApiKey,
      nullable: true,
      description: "The keys that are taken, by their ids. For operators.",
      args: { principal: t.arg.string({ description: "Only those of this name." }) },
      resolve: async (_root, { principal, ...page }, context) => {
        const slice = sliceOf("api-key", page, principal)
        // One more than was asked for tells whether there is more.
        const part = {
          limit: slice.size + 1,
          fromEnd: slice.from === "end",
          after: slice.after?.id,
          before: slice.before?.id
        }
        const found = await asking(context, ({ list }) =>
          Effect.andThen(checkText({ principal }), list(context.principal, principal ?? undefined, part))
        )
        const rows = found.map((node) => ({ node, position: { major: "0", id: node.id } }))
        return connectionOf("api-key", pageOf(slice, rows), principal)
      }
    },
    { name: "ApiKeyConnection" },
    { name: "ApiKeyEdge" }
  )
)
