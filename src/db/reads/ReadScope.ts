import type { Scope } from "../../kernel/access/Scope.ts"

/** What a caller may read: a condition of every statement. */
export type ReadScope = Scope
