import type { EntityId, MidId, SessionId } from "../ids.ts"
import { AcceptanceRules, MerchantAccount, type MidStatus } from "../MerchantAccount.ts"
import type { ProductCategory } from "../Category.ts"
import type { Currency, Money } from "../Money.ts"
import type { RoutingInputs } from "./Eligibility.ts"
import type { ExclusionReason, LeftOut } from "./ExclusionReason.ts"
import { type Account, compile, entryOf, type RoutingPolicy } from "./RoutingPolicy.ts"
import { explainLeftOut, selectMids } from "./RoutingPolicyEngine.ts"

// A changed policy over what was decided in the past: what would have been chosen, beside what was. The decisions are
// made by the code that routes charges. The volumes under the caps are those that were recorded: a replay does not move
// money from one account to another, so it says of each decision what would have become of this one.

/** What is changed of one account; an absent field stays, and a rule or a cap that is null is taken away. */
export interface AccountChange {
  readonly mid: MidId
  readonly killSwitch?: boolean | undefined
  readonly status?: MidStatus | undefined
  readonly priority?: number | undefined
  readonly weight?: number | undefined
  readonly underwrittenFor?: ReadonlyArray<ProductCategory> | undefined
  readonly accepts?:
    | { readonly [Rule in keyof AcceptanceRules]?: AcceptanceRules[Rule] | null | undefined }
    | undefined
  readonly monthlyCap?: Pick<Money, "amount" | "currency"> | null | undefined
}

/** A decision as it was recorded. */
export interface RecordedDecision {
  readonly session: SessionId
  /** Milliseconds since 1970. */
  readonly at: number
  readonly inputs: RoutingInputs
  readonly chosen: ReadonlyArray<MidId>
  readonly leftOut: ReadonlyArray<LeftOut>
}

/** Money that was captured, as far as it counts towards a cap. */
export interface RecordedCapture {
  readonly mid: MidId
  /** Milliseconds since 1970. */
  readonly at: number
  /** Minor units. */
  readonly amount: number
  readonly currency: Currency
}

/** An account whose reasons against it are others than they were; none at all when it may serve. */
export interface ChangedReasons {
  readonly mid: MidId
  readonly before: ReadonlyArray<ExclusionReason>
  readonly after: ReadonlyArray<ExclusionReason>
}

export interface ReplayedDecision {
  readonly chosen: ReadonlyArray<MidId>
  readonly leftOut: ReadonlyArray<LeftOut>
  readonly changes: ReadonlyArray<ChangedReasons>
  /** Other accounts, or the same in another order. */
  readonly differs: boolean
  /** Today's policy, without any change, would not choose as it was chosen either. */
  readonly differsToday: boolean
}

export interface PolicyReplay {
  /** Accounts whose volume matters: those with a cap, before or after the changes. */
  readonly capped: ReadonlyArray<MidId>
  /** Takes captures and decisions in the order of their time. */
  readonly captured: (capture: RecordedCapture) => void
  readonly decide: (decision: RecordedDecision) => ReplayedDecision
}

/** An account with what is changed of it. */
export const changed = (account: MerchantAccount, change: AccountChange): MerchantAccount => {
  const { accepts = {}, monthlyCap } = change
  const said = Object.entries(accepts).filter(([, rule]) => rule !== undefined)
  const rules = Object.entries({ ...account.accepts, ...Object.fromEntries(said) }).filter(
    ([, rule]) => rule !== null && rule !== undefined
  )
  const { monthlyCap: before, ...rest } = account
  const cap = monthlyCap === undefined ? before : (monthlyCap ?? undefined)
  return new MerchantAccount({
    ...rest,
    killSwitch: change.killSwitch ?? account.killSwitch,
    status: change.status ?? account.status,
    priority: change.priority ?? account.priority,
    weight: change.weight ?? account.weight,
    underwrittenFor: change.underwrittenFor ?? account.underwrittenFor,
    accepts: new AcceptanceRules({
      currencies: account.accepts.currencies,
      ...Object.fromEntries(rules)
    }),
    ...(cap === undefined ? {} : { monthlyCap: cap })
  })
}

/** Replays decisions of the past under today's policy with some changes. */
export const replay = (
  policy: RoutingPolicy,
  entities: Iterable<EntityId>,
  changes: ReadonlyArray<AccountChange>
): PolicyReplay => {
  const today = [...entities].flatMap((entity) => policy.accountsOf(entity).map(entryOf))
  const after = today.map((entry) => ({
    ...entry,
    account: changes
      .filter(({ mid }) => mid === entry.account.id)
      .reduce((account, change) => changed(account, change), entry.account)
  }))
  const capped = new Set(
    [...today, ...after]
      .filter(({ account }) => account.monthlyCap !== undefined)
      .map(({ account }) => account.id)
  )
  const volumes = makeVolumes()
  const entityOf = new Map(today.map(({ account }) => [account.id, account.entity]))
  const policies = [today, after].map((accounts) => makePolicies(policy.version, accounts, volumes))
  const [asToday, asChanged] = policies
  if (asToday === undefined || asChanged === undefined) throw new Error("there are two policies")

  return {
    capped: [...capped],
    captured: (capture) => {
      if (!capped.has(capture.mid)) return
      volumes.add(capture)
      const entity = entityOf.get(capture.mid)
      for (const one of policies) if (entity !== undefined) one.forget(entity)
    },
    decide: ({ session, at, inputs, chosen: was, leftOut: wasLeftOut }) => {
      const now = asChanged.of(inputs.entity, at)
      const chosen = selectMids(now, inputs, session).map(({ id }) => id)
      const leftOut = explainLeftOut(now, inputs)
      const without = selectMids(asToday.of(inputs.entity, at), inputs, session).map(({ id }) => id)
      return {
        chosen,
        leftOut,
        changes: changedReasons(wasLeftOut, leftOut),
        differs: !same(was, chosen),
        differsToday: !same(was, without)
      }
    }
  }
}

const same = (a: ReadonlyArray<MidId>, b: ReadonlyArray<MidId>): boolean =>
  a.length === b.length && a.every((mid, place) => mid === b[place])

const changedReasons = (
  before: ReadonlyArray<LeftOut>,
  after: ReadonlyArray<LeftOut>
): ReadonlyArray<ChangedReasons> => {
  const were = new Map(before.map(({ mid, reasons }) => [mid, reasons]))
  const are = new Map(after.map(({ mid, reasons }) => [mid, reasons]))
  return [...new Set([...were.keys(), ...are.keys()])]
    .toSorted()
    .map((mid) => ({ mid, before: were.get(mid) ?? [], after: are.get(mid) ?? [] }))
    .filter((one) => kindsOf(one.before) !== kindsOf(one.after))
}

/** The figures in a reason (what of a cap is used) differ from one charge to the next, and are no change of rules. */
const kindsOf = (reasons: ReadonlyArray<ExclusionReason>): string => reasons.map(({ _tag }) => _tag).join()

/** The calendar month, counted from the year 0; in UTC. */
const monthOf = (at: number): number => {
  const days = Math.floor(at / 86_400_000) + 719_468
  const era = Math.floor(days / 146_097)
  const ofEra = days - era * 146_097
  const year = Math.floor(
    (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365
  )
  const ofYear = ofEra - (365 * year + Math.floor(year / 4) - Math.floor(year / 100))
  // Months counted from March, so that the leap day is the last of a year.
  return (era * 400 + year) * 12 + Math.floor((5 * ofYear + 2) / 153)
}

/** What was captured on each account so far in each month. */
const makeVolumes = () => {
  const sums = new Map<string, number>()
  const key = (mid: MidId, currency: Currency, month: number) => `${mid} ${currency} ${month}`
  return {
    add: ({ mid, at, amount, currency }: RecordedCapture): void => {
      const name = key(mid, currency, monthOf(at))
      sums.set(name, (sums.get(name) ?? 0) + amount)
    },
    of: ({ id, monthlyCap }: MerchantAccount, month: number): number =>
      monthlyCap === undefined ? 0 : (sums.get(key(id, monthlyCap.currency, month)) ?? 0)
  }
}

/** The policy of each company at its volumes of a moment; compiled again only when those have changed. */
const makePolicies = (
  version: number,
  accounts: ReadonlyArray<Account>,
  volumes: ReturnType<typeof makeVolumes>
) => {
  const own = (entity: EntityId) => accounts.filter(({ account }) => account.entity === entity)
  const compiled = new Map<EntityId, { readonly month: number; readonly policy: RoutingPolicy }>()
  return {
    of: (entity: EntityId, at: number): RoutingPolicy => {
      const month = monthOf(at)
      const found = compiled.get(entity)
      if (found?.month === month) return found.policy
      const entries = own(entity).map((entry) => ({
        ...entry,
        capturedThisMonth: volumes.of(entry.account, month)
      }))
      const policy = compile(version, entries)
      compiled.set(entity, { month, policy })
      return policy
    },
    forget: (entity: EntityId): void => {
      compiled.delete(entity)
    }
  }
}
