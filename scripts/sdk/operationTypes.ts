// Writes the operations that the SDK ships, with the types of their variables and results, from the schema.
import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLEnumType,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  isObjectType,
  type OperationDefinitionNode,
  parse,
  print,
  type SelectionSetNode,
  stripIgnoredCharacters,
  typeFromAST,
  validate
} from "graphql"

/** How each scalar goes over the line. */
const scalars: Readonly<Record<string, string>> = {
  ID: "string",
  String: "string",
  Int: "number",
  Float: "number",
  Boolean: "boolean",
  DateTime: "string",
  Labels: "Readonly<Record<string, string>>",
  MinorUnits: "number",
  WholeNumber: "number"
}

const keyArgument = "idempotencyKey"

/** The module of some operations. A description in front of each says what it is for. */
export const operationTypes = (schema: GraphQLSchema, text: string): string => {
  const document = parse(text)
  const problems = validate(schema, document)
  if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join("\n"))
  const fragments = new Map<string, FragmentDefinitionNode>()
  const operations: Array<OperationDefinitionNode> = []
  for (const definition of document.definitions) {
    if (definition.kind === "FragmentDefinition") fragments.set(definition.name.value, definition)
    if (definition.kind === "OperationDefinition") operations.push(definition)
  }
  const types = typeWriter(schema, fragments)
  const written = operations.map((operation) => {
    const name = operation.name?.value
    const root = schema.getRootType(operation.operation)
    if (name === undefined || root === undefined || root === null)
      throw new Error("an operation needs a name")
    const doc = operation.description === undefined ? [] : [`/** ${operation.description.value} */`]
    const changes = operation.operation === "mutation"
    const more = `{ changes: ${changes}${takesKey(operation) ? `, key: "${keyArgument}"` : ""} }`
    return [
      `export type ${name}Data = ${types.ofSelection(root, [operation.selectionSet], 0)}`,
      `export interface ${name}Variables ${types.ofVariables(operation)}`,
      [
        ...doc,
        `export const ${name}: Operation<${name}Data, ${name}Variables> = /* @__PURE__ */ operation(`,
        `  ${JSON.stringify(textOf(operation, fragments))},`,
        `  ${more}`,
        ")"
      ].join("\n")
    ].join("\n\n")
  })
  return [
    "// Made from schema.graphql and packages/sdk/operations by `npm run sdk:generate`; not to be edited.",
    'import { type Operation, operation } from "../operation.ts"',
    ...types.ofInputsAndEnums(),
    `${written.join("\n\n")}\n`
  ].join("\n\n")
}

/** Whether every field at the root takes the key from a variable of that name. */
const takesKey = ({ operation, selectionSet }: OperationDefinitionNode): boolean =>
  operation === "mutation" &&
  selectionSet.selections.every(
    (field) =>
      field.kind === "Field" &&
      (field.arguments ?? []).some(
        ({ name, value }) =>
          name.value === keyArgument && value.kind === "Variable" && value.name.value === keyArgument
      )
  )

/** An operation with the fragments that it uses, in as few characters as it can be said. */
const textOf = (
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>
): string => {
  const used = new Set<string>()
  const collect = (set: SelectionSetNode | undefined): void => {
    for (const selection of set?.selections ?? []) {
      if (selection.kind !== "FragmentSpread") collect(selection.selectionSet)
      else if (!used.has(selection.name.value)) {
        used.add(selection.name.value)
        collect(fragments.get(selection.name.value)?.selectionSet)
      }
    }
  }
  collect(operation.selectionSet)
  const parts = [...used].flatMap((name) => fragments.get(name) ?? [])
  const plain = { ...operation, description: undefined }
  return stripIgnoredCharacters([plain, ...parts].map((part) => print(part)).join("\n"))
}

const typeWriter = (schema: GraphQLSchema, fragments: ReadonlyMap<string, FragmentDefinitionNode>) => {
  const named = new Map<string, GraphQLEnumType | GraphQLInputObjectType>()

  const ofOutput = (type: GraphQLOutputType, sets: ReadonlyArray<SelectionSetNode>, depth: number): string =>
    isNonNullType(type) ? present(type.ofType, sets, depth) : `${present(type, sets, depth)} | null`

  const present = (type: GraphQLOutputType, sets: ReadonlyArray<SelectionSetNode>, depth: number): string => {
    if (isNonNullType(type)) return ofOutput(type, sets, depth)
    if (isListType(type)) return `ReadonlyArray<${ofOutput(type.ofType, sets, depth)}>`
    if (isCompositeType(type)) return ofSelection(type, sets, depth)
    return ofLeaf(type)
  }

  const ofLeaf = (type: { readonly name: string }): string => {
    if (isEnumType(type)) {
      named.set(type.name, type)
      return type.name
    }
    const scalar = scalars[type.name]
    if (scalar === undefined) throw new Error(`nobody said how ${type.name} goes over the line`)
    return scalar
  }

  /** What is chosen of an object, by the name under which it is answered. */
  const fieldsOf = (type: GraphQLObjectType, sets: ReadonlyArray<SelectionSetNode>) => {
    const fields = new Map<string, Array<FieldNode>>()
    const collect = (set: SelectionSetNode): void => {
      for (const selection of set.selections) {
        if ((selection.directives ?? []).length > 0) throw new Error("directives are not written here")
        if (selection.kind === "Field") {
          const key = (selection.alias ?? selection.name).value
          fields.set(key, [...(fields.get(key) ?? []), selection])
          continue
        }
        const part = selection.kind === "InlineFragment" ? selection : fragments.get(selection.name.value)
        if (part === undefined) throw new Error("a fragment is missing")
        const on = part.typeCondition === undefined ? type : typeFromAST(schema, part.typeCondition)
        if (on === type || (isAbstractType(on) && schema.isSubType(on, type))) collect(part.selectionSet)
      }
    }
    sets.forEach(collect)
    return fields
  }

  const ofObject = (
    type: GraphQLObjectType,
    sets: ReadonlyArray<SelectionSetNode>,
    depth: number
  ): string => {
    const indent = "  ".repeat(depth + 1)
    const lines = [...fieldsOf(type, sets)].flatMap(([key, nodes]) => {
      const [first] = nodes
      if (first === undefined) return []
      if (first.name.value === "__typename") return [`${indent}readonly ${key}: ${typename}`]
      const field = type.getFields()[first.name.value]
      if (field === undefined) throw new Error(`${type.name} has no field ${first.name.value}`)
      const below = nodes.flatMap(({ selectionSet }) => selectionSet ?? [])
      return [
        ...docOf(field.description, indent),
        `${indent}readonly ${key}: ${ofOutput(field.type, below, depth + 1)}`
      ]
    })
    return `{\n${lines.join("\n")}\n${"  ".repeat(depth)}}`
  }

  /** Possible types of which the same is chosen are one member of the union. */
  const ofSelection = (
    type: GraphQLCompositeType,
    sets: ReadonlyArray<SelectionSetNode>,
    depth: number
  ): string => {
    const members = new Map<string, Array<string>>()
    for (const one of isObjectType(type) ? [type] : schema.getPossibleTypes(type)) {
      const member = ofObject(one, sets, depth)
      members.set(member, [...(members.get(member) ?? []), one.name])
    }
    return [...members]
      .map(([member, names]) =>
        member.replace(typename, () =>
          names
            .toSorted()
            .map((name) => JSON.stringify(name))
            .join(" | ")
        )
      )
      .join(" | ")
  }

  const ofInput = (type: GraphQLInputType): string => {
    if (isNonNullType(type)) return ofInputPresent(type.ofType)
    return `${ofInputPresent(type)} | null`
  }
  const ofInputPresent = (type: GraphQLInputType): string => {
    if (isNonNullType(type)) return ofInput(type)
    if (isListType(type)) return `ReadonlyArray<${ofInput(type.ofType)}>`
    if (isInputObjectType(type)) {
      named.set(type.name, type)
      return type.name
    }
    return ofLeaf(type)
  }
  const inputField = (name: string, type: GraphQLInputType, description: string | undefined | null) => [
    ...docOf(description, "  "),
    `  readonly ${name}${isNonNullType(type) ? "" : "?"}: ${ofInput(type)}`
  ]

  return {
    ofSelection,
    ofVariables: ({ variableDefinitions = [] }: OperationDefinitionNode): string => {
      const lines = variableDefinitions.flatMap(({ variable, type: ast }) => {
        const type = typeFromAST(schema, ast)
        if (!isInputType(type)) throw new Error("this is no type of a variable")
        const description = variable.name.value === keyArgument ? keyWords : undefined
        return inputField(variable.name.value, type, description)
      })
      return lines.length === 0 ? "{}" : `{\n${lines.join("\n")}\n}`
    },
    ofInputsAndEnums: (): ReadonlyArray<string> => {
      const texts: Array<readonly [string, string]> = []
      // What is written may want more.
      for (const [name, type] of named) {
        const text = isEnumType(type)
          ? `export type ${name} =\n${type
              .getValues()
              .map((value) =>
                [...docOf(value.description, "  "), `  | ${JSON.stringify(value.name)}`].join("\n")
              )
              .join("\n")}`
          : `export interface ${name} {\n${Object.values(type.getFields())
              .flatMap((field) => inputField(field.name, field.type, field.description))
              .join("\n")}\n}`
        texts.push([name, [...docOf(type.description, ""), text].join("\n")])
      }
      return texts.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text)
    }
  }
}

/** Stands for the names of types until it is known which of them have the same fields. */
const typename = "\u0000typename"

const keyWords =
  "Your own key for what is to happen once. Without one the SDK makes one, and keeps it until the outcome is known."

const docOf = (description: string | undefined | null, indent: string): ReadonlyArray<string> =>
  description === undefined || description === null || description === ""
    ? []
    : [`${indent}/** ${description.replaceAll(/\s+/g, " ")} */`]
