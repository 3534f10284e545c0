import type { FieldNode, FragmentDefinitionNode, SelectionSetNode } from "graphql"

/** The fields that an operation asks of the query or the mutation itself; each fragment is looked into once. */
export const rootFields = (
  set: SelectionSetNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  seen: Set<string> = new Set()
): ReadonlyArray<FieldNode> =>
  set.selections.flatMap((one) => {
    if (one.kind === "Field") return [one]
    if (one.kind === "InlineFragment") return rootFields(one.selectionSet, fragments, seen)
    const fragment = fragments.get(one.name.value)
    if (fragment === undefined || seen.has(one.name.value)) return []
    seen.add(one.name.value)
    return rootFields(fragment.selectionSet, fragments, seen)
  })
