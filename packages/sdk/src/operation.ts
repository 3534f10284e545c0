/** An operation that the SDK ships, with the types of its result and its variables. */
export interface Operation<Data, Variables> {
  readonly text: string
  /** Whether it is a mutation. */
  readonly changes: boolean
  /** The variable that takes the idempotency key, if it takes one. */
  readonly key?: string
  /** Only for the compiler; never there. */
  readonly __apiType?: (variables: Variables) => Data
}

export const operation = <Data, Variables>(
  text: string,
  more: Pick<Operation<Data, Variables>, "changes" | "key">
): Operation<Data, Variables> => ({ text, ...more })
