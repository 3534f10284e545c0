import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type FieldNode,
  getArgumentValues,
  getOperationAST,
  getVariableValues,
  GraphQLError,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  locatedError,
  type OperationDefinitionNode,
  type SelectionSetNode
} from "graphql"
import { isUsual, Unusual, usesVariables } from "./usual.ts"
import { ToldConnection } from "./ToldConnection.ts"
import { type Fields, fieldsBelow, fragmentsOf } from "./fieldsBelow.ts"

// A query as functions: what its text and the schema say of a field is worked out once for the document, and not again
// for every row. Whatever is unusual is left to the engine, which may do a query once more from its beginning: it only
// reads. Answers and errors are the engine's; tests hold the two against each other.

type Path = GraphQLResolveInfo["path"]
/** Undefined when the engine has to do it. */
type Result = ExecutionResult | undefined

/** One execution of an operation. */
interface Execution {
  readonly context: unknown
  readonly variables: GraphQLResolveInfo["variableValues"]
  readonly errors: Array<GraphQLError>
  /** What fields are asked with, where variables say it: the same for every row. */
  readonly asked: Map<Field, Arguments>
}
type Arguments = Readonly<Record<string, unknown>>

/** What is told of a value of some type; a promise when something of it has to be waited for. */
type Told = (of: Execution, value: unknown, path: Path, info: () => GraphQLResolveInfo) => unknown
/** What is told of an object. */
type ToldObject = (of: Execution, source: unknown, path: Path | undefined) => unknown

interface Field {
  readonly key: string
  readonly tell: ToldObject
}

/** Carries out a query; answers undefined for whatever is none or asks for something unusual. */
export const execute = (args: ExecutionArgs): Result | PromiseLike<Result> => {
  const { schema, document, operationName, variableValues, contextValue } = args
  const operation = getOperationAST(document, operationName)
  const tell = compiledOf(schema, document, operation)
  if (tell === undefined) return undefined
  const { variableValues: variables } = getVariableValues(
    schema,
    operation?.variableDefinitions ?? [],
    variableValues ?? {}
  )
  // The engine says what is wrong with them.
  if (variables === undefined) return undefined
  const of: Execution = { context: contextValue, variables, errors: [], asked: new Map() }
  const broke = (error: unknown): Result =>
    error instanceof Unusual ? undefined : { errors: [...of.errors, asError(error)], data: null }
  try {
    const told = tell(of, undefined, undefined)
    return isPromise(told) ? told.then((data) => whole(of, data), broke) : whole(of, told)
  } catch (error) {
    return broke(error)
  }
}

/** Whether an operation is one for {@link execute}. */
export const isCompiled = (
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | null | undefined
): boolean => compiledOf(schema, document, getOperationAST(document, operationName)) !== undefined

const whole = ({ errors }: Execution, told: unknown): ExecutionResult => {
  const data = isRecord(told) ? told : null
  return errors.length === 0 ? { data } : { errors, data }
}

/** A document that is asked again is the same object. */
const known = new WeakMap<
  OperationDefinitionNode,
  { readonly schema: GraphQLSchema; readonly tell: ToldObject | undefined }
>()

const compiledOf = (
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode | null | undefined
): ToldObject | undefined => {
  if (operation?.operation !== "query") return undefined
  const before = known.get(operation)
  if (before?.schema === schema) return before.tell
  const type = schema.getQueryType()
  const tell =
    type === undefined || type === null || !isUsual(document)
      ? undefined
      : compile(schema, document, operation).ofObject(type, [operation.selectionSet])
  known.set(operation, { schema, tell })
  return tell
}

const compile = (schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode) => {
  const fragments = fragmentsOf(document)
  const helpers = { promiseAll: Promise.all.bind(Promise), track: () => {} }

  /** The fields of an object, worked out when the first such object comes. */
  const ofObject = (type: GraphQLObjectType, sets: ReadonlyArray<SelectionSetNode>): ToldObject => {
    let fields: ReadonlyArray<Field> | undefined
    return (of, source, path) => {
      fields ??= fieldsOf(type, fieldsBelow(schema, fragments, type, sets))
      const told: Record<string, unknown> = {}
      let waiting: Array<PromiseLike<void>> | undefined
      try {
        for (const { key, tell } of fields) {
          const value = tell(of, source, path)
          told[key] = value
          if (!isPromise(value)) continue
          const put = (later: unknown): void => {
            told[key] = later
          }
          waiting ??= []
          waiting.push(value.then(put))
        }
      } catch (error) {
        if (waiting === undefined) throw error
        return Promise.allSettled(waiting).then(() => Promise.reject(error))
      }
      return waiting === undefined ? told : Promise.all(waiting).then(() => told)
    }
  }

  const fieldsOf = (type: GraphQLObjectType, asked: Fields): ReadonlyArray<Field> =>
    [...asked].map(([key, nodes]) =>
      nodes[0].name.value === "__typename" ? { key, tell: () => type.name } : fieldOf(type, key, nodes)
    )

  const fieldOf = (
    parent: GraphQLObjectType,
    key: string,
    nodes: readonly [FieldNode, ...ReadonlyArray<FieldNode>]
  ): Field => {
    const [node] = nodes
    const name = node.name.value
    const definition = parent.getFields()[name]
    if (definition === undefined) throw new Unusual()
    const { type, resolve } = definition
    const sets = nodes.flatMap(({ selectionSet }) => (selectionSet === undefined ? [] : [selectionSet]))
    const where = `${parent.name}.${name}`
    const isNullable = !isNonNullType(type)
    const tellValue = toldOf(type, sets, where, nodes)
    const varies = node.arguments?.some(({ value }) => usesVariables(value)) === true
    let always: Arguments | undefined

    const argumentsOf = (of: Execution): Arguments => {
      const before = varies ? of.asked.get(field) : always
      if (before !== undefined) return before
      try {
        const found = getArgumentValues(definition, node, of.variables)
        if (varies) of.asked.set(field, found)
        else always = found
        return found
      } catch (error) {
        throw new Unusual("arguments that cannot be read", { cause: error })
      }
    }
    const infoOf = ({ variables }: Execution, path: Path): GraphQLResolveInfo => ({
      fieldName: name,
      fieldNodes: nodes,
      returnType: type,
      parentType: parent,
      path,
      schema,
      fragments,
      rootValue: undefined,
      operation,
      variableValues: variables,
      getAbortSignal: () => undefined,
      getAsyncHelpers: () => helpers
    })
    const failed = handler(nodes, isNullable)

    const plain = resolve === undefined ? leafOf(type) : undefined
    if (plain !== undefined) {
      const tell: ToldObject = (of, source, above) => {
        try {
          const value = propertyOf(source, name)
          if (value === null || value === undefined) {
            if (isNullable) return null
            throw new Error(`Cannot return null for non-nullable field ${where}.`)
          }
          if (value instanceof Error || isPromise(value)) throw new Unusual()
          return leaf(plain, value)
        } catch (error) {
          return failed(of, { prev: above, key, typename: parent.name }, error)
        }
      }
      return { key, tell }
    }

    const field: Field = {
      key,
      tell: (of, source, above) => {
        const path: Path = { prev: above, key, typename: parent.name }
        const info = () => infoOf(of, path)
        try {
          const value: unknown =
            resolve === undefined
              ? propertyOf(source, name)
              : resolve(source, argumentsOf(of), of.context, info())
          const told = isPromise(value)
            ? value.then((found) => tellValue(of, found, path, info))
            : tellValue(of, value, path, info)
          return isPromise(told) ? told.then(undefined, (error) => failed(of, path, error)) : told
        } catch (error) {
          return failed(of, path, error)
        }
      }
    }
    return field
  }

  const toldOf = (
    type: GraphQLOutputType,
    sets: ReadonlyArray<SelectionSetNode>,
    where: string,
    nodes: ReadonlyArray<FieldNode>
  ): Told => {
    if (isNonNullType(type)) {
      const inner = toldOf(type.ofType, sets, where, nodes)
      return (of, value, path, info) => {
        const told = inner(of, value, path, info)
        if (told === null) throw new Error(`Cannot return null for non-nullable field ${where}.`)
        return told
      }
    }
    const present = presentOf(type, sets, where, nodes)
    return (of, value, path, info) => {
      if (value instanceof Error) throw value
      return value === null || value === undefined ? null : present(of, value, path, info)
    }
  }

  /** What is told of a value that is there. */
  const presentOf = (
    type: GraphQLOutputType,
    sets: ReadonlyArray<SelectionSetNode>,
    where: string,
    nodes: ReadonlyArray<FieldNode>
  ): Told => {
    if (isLeafType(type)) return (_of, value) => leaf(type, value)
    if (isListType(type)) {
      const item = toldOf(type.ofType, sets, where, nodes)
      const failed = handler(nodes, !isNonNullType(type.ofType))
      return (of, value, path, info) => list(of, value, path, info, item, failed)
    }
    if (isObjectType(type)) {
      const tell = ofObject(type, sets)
      const { isTypeOf } = type
      if (isTypeOf === undefined || isTypeOf === null)
        return (of, value, path) => (value instanceof ToldConnection ? value : tell(of, value, path))
      return (of, value, path, info) => {
        if (isTypeOf(value, of.context, info()) !== true) throw new Unusual()
        return tell(of, value, path)
      }
    }
    if (!isAbstractType(type)) throw new Unusual()
    const { resolveType } = type
    const byName = new Map<string, Told>()
    return (of, value, path, info) => {
      const name: unknown = resolveType?.(value, of.context, info(), type)
      if (typeof name !== "string") throw new Unusual()
      let tell = byName.get(name)
      if (tell === undefined) {
        const member = schema.getType(name)
        if (!isObjectType(member) || !schema.isSubType(type, member)) throw new Unusual()
        tell = presentOf(member, sets, where, nodes)
        byName.set(name, tell)
      }
      return tell(of, value, path, info)
    }
  }

  return { ofObject }
}

const leafOf = (type: GraphQLOutputType): GraphQLLeafType | undefined => {
  const inner = isNonNullType(type) ? type.ofType : type
  return isLeafType(inner) ? inner : undefined
}

const leaf = (type: GraphQLLeafType, value: unknown): unknown => {
  try {
    const told: unknown = type.coerceOutputValue(value)
    if (told === null || told === undefined) throw new Unusual()
    return told
  } catch (error) {
    throw error instanceof GraphQLError ? new Error(error.message) : error
  }
}

type Failed = (of: Execution, path: Path, error: unknown) => null

/** What stands in the place of a value that could not be told: null, or nothing of what it is in. */
const handler =
  (nodes: ReadonlyArray<FieldNode>, isNullable: boolean): Failed =>
  ({ errors }, path, error) => {
    if (error instanceof Unusual) throw error
    const located = locatedError(error, nodes, keysOf(path))
    if (!isNullable) throw located
    errors.push(located)
    return null
  }

const list = (
  of: Execution,
  value: unknown,
  path: Path,
  info: () => GraphQLResolveInfo,
  item: Told,
  failed: Failed
): unknown => {
  if (!Array.isArray(value)) throw new Unusual()
  const told: Array<unknown> = []
  let waits = false
  for (const one of value) {
    const at: Path = { prev: path, key: told.length, typename: undefined }
    try {
      const found = isPromise(one) ? one.then((later) => item(of, later, at, info)) : item(of, one, at, info)
      if (isPromise(found)) waits = true
      told.push(isPromise(found) ? found.then(undefined, (error) => failed(of, at, error)) : found)
    } catch (error) {
      // Nobody else hears of those before it when they break too.
      for (const before of told) if (isPromise(before)) before.then(undefined, () => {})
      told.push(failed(of, at, error))
    }
  }
  return waits ? Promise.all(told) : told
}

const keysOf = (path: Path | undefined): ReadonlyArray<string | number> => {
  const keys: Array<string | number> = []
  for (let at = path; at !== undefined; at = at.prev) keys.push(at.key)
  return keys.toReversed()
}

const propertyOf = (source: unknown, name: string): unknown => {
  const found = isRecord(source) ? source[name] : undefined
  if (typeof found === "function") throw new Unusual()
  return found
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === "object" && value !== null && "then" in value && typeof value.then === "function"

const asError = (error: unknown): GraphQLError =>
  error instanceof GraphQLError ? error : locatedError(error, undefined, undefined)
