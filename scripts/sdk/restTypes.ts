// Writes what the REST door takes and answers as TypeScript types, from its own OpenAPI document.

interface JsonSchema {
  readonly $ref?: string
  readonly type?: string
  readonly description?: string
  readonly enum?: ReadonlyArray<string>
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: ReadonlyArray<string>
  readonly items?: JsonSchema
  readonly prefixItems?: ReadonlyArray<JsonSchema>
  readonly anyOf?: ReadonlyArray<JsonSchema>
  readonly allOf?: ReadonlyArray<JsonSchema>
  readonly additionalProperties?: boolean | JsonSchema
}

interface Body {
  readonly content?: Readonly<Record<string, { readonly schema: JsonSchema }>>
}

interface Endpoint {
  readonly operationId: string
  readonly requestBody?: Body
  readonly responses: Readonly<Record<string, Body>>
}

/** As much of an OpenAPI document as is read here. */
export interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Endpoint>>>>
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> }
}

/** The endpoints that the SDK calls: by what name it calls them, under which id the document has them. */
const calls: Readonly<Record<string, string>> = {
  create: "paymentSessions.create",
  read: "paymentSessions.get",
  confirm: "paymentSessions.confirm",
  cancel: "paymentSessions.cancel",
  claimFulfilment: "paymentSessions.fulfil",
  refund: "refunds.create",
  readRefunds: "refunds.list"
}

/** Parts that deserve a name although the document has them in place: where they stand. */
const named: Readonly<Record<string, readonly [schema: string, property: string]>> = {
  SessionState: ["PaymentSession", "state"],
  ProductCategory: ["PaymentSession", "category"],
  PaymentMode: ["PaymentSession", "mode"],
  Intent: ["PaymentSession", "intent"],
  PaymentAction: ["PaymentSession", "action"],
  Currency: ["MoneyEncoded", "currency"],
  ConfirmOutcome: ["ConfirmAnswer", "outcome"],
  AttemptState: ["Attempt", "state"],
  RefundState: ["Refund", "state"],
  RefundKind: ["Refund", "kind"],
  DisputeState: ["Dispute", "state"]
}

/** The types of one API. */
export const restTypes = (document: OpenApiDocument): string => {
  const { schemas } = document.components
  const endpoints = new Map(
    Object.values(document.paths).flatMap((path) =>
      Object.values(path).map((endpoint) => [endpoint.operationId, endpoint] as const)
    )
  )
  const at = (name: string): JsonSchema => {
    const schema = schemas[name]
    if (schema === undefined) throw new Error(`the OpenAPI document has no schema ${name}`)
    return schema
  }
  const parts = new Map(
    Object.entries(named).map(([name, [schema, property]]) => {
      const part = at(schema).properties?.[property]
      if (part === undefined) throw new Error(`${schema} has no property ${property}`)
      return [shapeOf(part), name] as const
    })
  )
  const wanted = new Set<string>()

  const typeOf = (schema: JsonSchema, depth: number, itself?: string): string => {
    if (schema.$ref !== undefined) {
      const name = nameIn(schema.$ref)
      wanted.add(name)
      return plainName(name)
    }
    const part = parts.get(shapeOf(schema))
    if (part !== undefined && part !== itself) return part
    if (schema.enum !== undefined) return schema.enum.map((one) => JSON.stringify(one)).join(" | ")
    if (schema.anyOf !== undefined) return schema.anyOf.map((one) => typeOf(one, depth)).join(" | ")
    if (schema.type === "array") return arrayOf(schema, depth)
    if (schema.type === "object") return objectOf(schema, depth)
    if (schema.type === "integer") return "number"
    return schema.type ?? "unknown"
  }
  const arrayOf = ({ items = {}, prefixItems = [] }: JsonSchema, depth: number): string => {
    const item = typeOf(items, depth)
    const [first] = prefixItems
    return first === undefined
      ? `ReadonlyArray<${item}>`
      : `readonly [${typeOf(first, depth)}, ...ReadonlyArray<${item}>]`
  }
  const objectOf = (schema: JsonSchema, depth: number): string => {
    const { properties = {}, required = [], additionalProperties: more, allOf = [] } = schema
    const lines = Object.entries(properties).flatMap(([key, property]) => [
      ...docOf(property, depth + 1),
      `${indent(depth + 1)}readonly ${key}${required.includes(key) ? "" : "?"}: ${typeOf(property, depth + 1)}`
    ])
    if (lines.length === 0) {
      return `Readonly<Record<string, ${typeof more === "object" ? typeOf(more, depth) : "never"}>>`
    }
    const open = allOf.some((one) => one.additionalProperties !== undefined)
    return `{\n${lines.join("\n")}\n${indent(depth)}}${open ? " & Readonly<Record<string, unknown>>" : ""}`
  }

  const codes = new Map<string, JsonSchema>()
  const refusalsOf = Object.entries(calls).map(([call, id]) => {
    const endpoint = endpoints.get(id)
    if (endpoint === undefined) throw new Error(`the OpenAPI document has no endpoint ${id}`)
    const own: Array<string> = []
    for (const [status, body] of Object.entries(endpoint.responses)) {
      const schema = body.content?.["application/json"]?.schema
      if (schema === undefined) continue
      // What waits for a second person is answered 202, in the form of a refusal.
      if (Number(status) < 400 && Number(status) !== 202) typeOf(schema, 0)
      else {
        for (const { $ref = "" } of schema.anyOf ?? [schema]) {
          const error = at(nameIn($ref)).properties?.["error"]?.properties ?? {}
          const code = error["code"]?.enum?.[0]
          if (code === undefined || unknown.has(code)) continue
          own.push(code)
          codes.set(code, error["details"] ?? {})
        }
      }
    }
    const asked = endpoint.requestBody?.content?.["application/json"]?.schema
    if (asked !== undefined) typeOf(asked, 0)
    return `  readonly ${call}: ${own
      .toSorted()
      .map((code) => JSON.stringify(code))
      .join(" | ")}`
  })
  const details = [...codes]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, schema]) => `  readonly ${code}: ${typeOf(schema, 1)}`)

  const written = (name: string, schema: JsonSchema): readonly [string, string] => {
    const text = typeOf(schema, 0, name)
    const isInterface = text.startsWith("{") && text.indexOf("\n}") === text.length - 2
    const declared = isInterface ? `export interface ${name} ${text}` : `export type ${name} = ${text}`
    return [name, [...docOf(schema, 0), declared].join("\n")]
  }
  const partTypes = Object.entries(named).map(([name, [schema, property]]) =>
    written(name, at(schema).properties?.[property] ?? {})
  )
  const schemaTypes: Array<readonly [string, string]> = []
  // What is written may want more.
  for (const name of wanted) schemaTypes.push(written(plainName(name), at(name)))
  const types = [...partTypes, ...schemaTypes].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return [
    "// Made from the server's own OpenAPI document by `npm run sdk:generate`; not to be edited.",
    ...types.map(([, text]) => text),
    `/** What a program may want of each refusal, by its code. */\nexport interface RefusalDetails {\n${details.join("\n")}\n}`,
    `/** What each call may be refused for. */\nexport interface RefusalsOf {\n${refusalsOf.join("\n")}\n}\n`
  ].join("\n\n")
}

/** Told by the SDK as an outcome that nobody knows, never as a refusal. */
const unknown = new Set(["ledger_unavailable", "internal"])

const shapeOf = (schema: JsonSchema): string => JSON.stringify({ ...schema, description: undefined })
const nameIn = (reference: string): string => reference.slice(reference.lastIndexOf("/") + 1)
const plainName = (name: string): string => name.replace(/Encoded$/, "")
const indent = (depth: number): string => "  ".repeat(depth)
const docOf = ({ description }: JsonSchema, depth: number): ReadonlyArray<string> =>
  description === undefined ? [] : [`${indent(depth)}/** ${description} */`]
