import { Schema } from "effect"
import { midTag } from "../../src/kernel/cascade/IdempotencyKey.ts"
import { SessionId } from "../../src/kernel/ids.ts"
import type { MerchantAccount } from "../../src/kernel/MerchantAccount.ts"
import type { Currency } from "../../src/kernel/Money.ts"
import type { RegistrySnapshot } from "../../src/kernel/EntityRegistry.ts"
import type { RoutingInputs } from "../../src/kernel/routing/Eligibility.ts"
import { explainLeftOut, selectMids } from "../../src/kernel/routing/RoutingPolicyEngine.ts"
import { type Draw, drawOf, pick, sessionIdAt } from "./draw.ts"

type Row = Readonly<Record<string, unknown>>

/** The rows that one payment leaves behind, by the columns of their tables. */
export interface Payment {
  readonly session: Row
  readonly decisions: ReadonlyArray<Row>
  readonly attempts: ReadonlyArray<Row>
  readonly evidence: ReadonlyArray<Row>
  readonly refunds: ReadonlyArray<Row>
  readonly disputes: ReadonlyArray<Row>
  readonly audit: ReadonlyArray<Row>
}

interface Asked {
  readonly run: number
  readonly nr: number
  readonly registry: RegistrySnapshot
  readonly sales: ReturnType<typeof salesOf>
  /** Milliseconds since 1970, like every time here. */
  readonly at: number
  readonly now: number
}

interface Verdict {
  readonly state: "captured" | "declined" | "indeterminate" | "absent"
  readonly kind?: "soft" | "hard"
  readonly code: string
}

const verdicts: readonly [readonly [Verdict, number], ...ReadonlyArray<readonly [Verdict, number]>] = [
  [{ state: "captured", code: "approved" }, 810],
  [{ state: "declined", kind: "soft", code: "do_not_honor" }, 70],
  [{ state: "declined", kind: "soft", code: "generic_decline" }, 40],
  [{ state: "declined", kind: "soft", code: "try_again_later" }, 15],
  [{ state: "declined", kind: "hard", code: "insufficient_funds" }, 40],
  [{ state: "declined", kind: "hard", code: "expired_card" }, 14],
  [{ state: "declined", kind: "hard", code: "stolen_card" }, 4],
  [{ state: "absent", code: "not_found" }, 3],
  [{ state: "indeterminate", code: "timeout" }, 1]
]

const brands = [
  ["visa", 55],
  ["mastercard", 30],
  ["amex", 10],
  ["discover", 5]
] as const
const bins = { visa: "411111", mastercard: "543111", amex: "341111", discover: "601100" }
const countries = [
  ["US", 88],
  ["CA", 6],
  ["GB", 4],
  ["DE", 2]
] as const

const iso = (millis: number): string => new Date(millis).toISOString()
const hours = (count: number): number => count * 3_600_000
const sessionId = Schema.decodeSync(SessionId)

/** What is sold: a company that collects, under one of its brands, for what it is underwritten for. */
export const salesOf = ({ entities, brands: all }: RegistrySnapshot) =>
  [...all.values()].flatMap((brand) =>
    brand.entities.flatMap((id) => {
      const entity = entities.get(id)
      return entity?.collects === true
        ? entity.underwrittenFor.map((category) => ({ brand: brand.id, entity: entity.id, category }))
        : []
    })
  )

/** A payment as the service would have recorded it: routed by the kernel, tried until somebody took it or said no. */
export const drawPayment = ({ run, nr, registry, sales, at, now }: Asked): Payment => {
  const draw = drawOf(run, nr)
  const sale = sales[Math.floor(draw("sale") ** 1.6 * sales.length)]
  if (sale === undefined) throw new Error("no company sells anything; seed the companies first")
  const id = sessionId(sessionIdAt(at, draw))
  const amount = Math.round(Math.exp(7.6 + draw("amount") * 3.2)) + 99
  const currency = pick<Currency>(draw("currency"), [
    ["USD", 95],
    ["EUR", 4],
    ["JPY", 1]
  ])
  const common = { entity_id: sale.entity, brand_id: sale.brand, category: sale.category, amount, currency }
  const customer = `loop_user_${Math.floor(draw("customer") ** 1.5 * (1000 + nr / 4))}`
  const story = tell({ draw, registry, id, at, now, common })
  const session = {
    ...common,
    session_id: id,
    customer_id: customer,
    mode: draw("mode") < 0.7 ? "hosted" : "embedded",
    order_reference: draw("order") < 0.7 ? `order_${run}_${nr}` : null,
    intent: { type: "amount" },
    theme: {},
    metadata: {},
    state: story.state,
    fence: story.attempts.length,
    round: story.decisions.length,
    created_at: iso(at),
    updated_at: iso(story.until),
    expires_at: iso(at + hours(24))
  }
  const declared = { action: "session.declared", at, detail: { ...sale, amount, currency } }
  const audit = [declared, ...story.audit].map(({ action, at: when, detail }, index) => ({
    chain: id,
    position: index + 1,
    at: iso(when),
    actor: action === "session.expired" ? "expiry" : "development",
    action,
    detail
  }))
  return { ...story, session, audit }
}

interface Telling {
  readonly draw: Draw
  readonly registry: RegistrySnapshot
  readonly id: SessionId
  readonly at: number
  readonly now: number
  readonly common: Pick<RoutingInputs, "category" | "amount"> & {
    readonly entity_id: RoutingInputs["entity"]
    readonly currency: RoutingInputs["currency"]
    readonly brand_id: string
  }
}

interface Audited {
  readonly action: string
  readonly at: number
  readonly detail: Row
}

/** Rounds of attempts, and how they leave the session. */
const tell = ({ draw, registry, id, at, now, common }: Telling) => {
  const decisions: Array<Row> = []
  const attempts: Array<Row> = []
  const evidence: Array<Row> = []
  const audit: Array<Audited> = []
  let until = at
  let state = "pending"
  let captured: { readonly at: number; readonly account: MerchantAccount } | undefined
  const rounds = draw("abandoned") < 0.06 ? 0 : draw("again") < 0.3 ? 2 : 1
  for (let round = 1; round <= rounds && state === "pending"; round++) {
    const cardBrand = pick(draw(`brand ${round}`), brands)
    const card = `fp_${Math.floor(draw(`card ${round}`) * 1e9)}`
    const inputs: RoutingInputs = {
      entity: common.entity_id,
      category: common.category,
      amount: common.amount,
      currency: common.currency,
      risk: pick(draw("risk"), [
        ["low", 90],
        ["medium", 8],
        ["high", 2]
      ]),
      cardBrand,
      bin: bins[cardBrand],
      country: pick(draw("country"), countries),
      vault: "stub",
      fingerprint: card
    }
    const policyVersion = registry.policy.version
    const chosen = selectMids(registry.policy, inputs, id).map((account) => account.id)
    const leftOut = explainLeftOut(registry.policy, inputs)
    if (chosen.length === 0) break
    let opened = until + 20_000 + Math.floor(draw(`think ${round}`) * 120_000)
    if (opened > now) break
    const decided = {
      session_id: id,
      round,
      policy_version: policyVersion,
      inputs,
      chosen,
      left_out: leftOut
    }
    decisions.push({ ...decided, passed_over: [], decided_at: iso(opened) })
    const tried = chosen.slice(0, 3)
    const last = tried.at(-1)
    for (const mid of tried) {
      const account = registry.accounts.get(mid)
      if (account === undefined) break
      const ordinal = attempts.length + 1
      const verdict = pick(draw(`verdict ${ordinal}`), verdicts)
      const resolved = opened + 250 + Math.floor(draw(`latency ${ordinal}`) ** 4 * 9_000)
      const attempt = `at_${id.slice(3)}_${ordinal}`
      const reference = `ch_${id.slice(3)}_${ordinal}`
      const money = { amount: common.amount, currency: common.currency }
      const outcome = `${verdict.state.slice(0, 1).toUpperCase()}${verdict.state.slice(1)}`
      const said = {
        outcome,
        source: "driver",
        code: verdict.code,
        message: `the processor said ${verdict.code}`,
        ...(verdict.kind === undefined ? {} : { kind: verdict.kind }),
        ...(verdict.state === "captured" ? { processorReference: reference, ...money } : {})
      }
      attempts.push({
        ...common,
        attempt_id: attempt,
        session_id: id,
        ordinal,
        round,
        mid_id: mid,
        provider: account.provider,
        vault_id: "stub",
        token_ref: `tok_${card}`,
        card_fingerprint: card,
        card_brand: cardBrand,
        idempotency_key: `${id}-${ordinal}-${midTag(mid)}`,
        state: verdict.state,
        fence: ordinal,
        lease_until: iso(opened + 70_000),
        processor_reference: verdict.state === "captured" ? reference : null,
        decline_kind: verdict.kind ?? null,
        evidence: said,
        written_at: iso(opened),
        resolved_at: verdict.state === "indeterminate" ? null : iso(resolved)
      })
      const heard = { attempt_id: attempt, nr: 1, source: "driver", outcome, detail: said }
      evidence.push({ ...heard, heard_at: iso(resolved) })
      const about = { attempt, mid }
      if (mid === chosen[0]) {
        audit.push({ action: "attempt.opened", at: opened, detail: { ...about, policyVersion } })
      }
      const next = verdict.kind === "soft" && mid !== last ? `at_${id.slice(3)}_${ordinal + 1}` : undefined
      const heardOf = { ...about, provider: account.provider, reason: verdict.code, source: "driver" }
      audit.push({
        action: `attempt.${verdict.state}`,
        at: resolved,
        detail: { ...heardOf, ...(next === undefined ? {} : { next }) }
      })
      until = resolved
      if (verdict.state === "captured") {
        state = "settled"
        captured = { at: resolved, account }
        audit.push({ action: "fulfilment.claimed", at: resolved + 900, detail: {} })
      } else if (verdict.state !== "declined") state = verdict.state === "absent" ? "failed" : "in_review"
      if (verdict.kind !== "soft") break
      opened = resolved + 5
    }
  }
  if (state === "pending" && at + hours(24) < now) {
    state = draw("cancelled") < 0.1 ? "cancelled" : "expired"
    until = state === "expired" ? at + hours(24) : until + 60_000
    audit.push({ action: `session.${state}`, at: until, detail: {} })
  }
  const returned =
    captured === undefined ? nothing : tellReturns({ draw, id, now, common }, captured, attempts)
  return { decisions, attempts, evidence, audit, state, until, ...returned }
}

const nothing = { refunds: [], disputes: [] }

/** What of the money went back, or is disputed. */
const tellReturns = (
  { draw, id, now, common }: Pick<Telling, "draw" | "id" | "now" | "common">,
  captured: { readonly at: number; readonly account: MerchantAccount },
  attempts: ReadonlyArray<Row>
): Pick<Payment, "refunds" | "disputes"> => {
  const of = {
    ...common,
    session_id: id,
    attempt_id: attempts.at(-1)?.["attempt_id"],
    mid_id: captured.account.id,
    provider: captured.account.provider,
    processor_reference: attempts.at(-1)?.["processor_reference"]
  }
  const later = captured.at + hours(12 + draw("later") * 480)
  if (later > now) return nothing
  if (draw("disputed") < 0.004) {
    const state = pick(draw("dispute"), [
      ["won", 3],
      ["lost", 3],
      ["open", 1]
    ])
    const dispute = { ...of, dispute_reference: `dp_${id.slice(3)}`, state, reason: "fraudulent" }
    return { refunds: [], disputes: [{ ...dispute, opened_at: iso(later), updated_at: iso(later) }] }
  }
  if (draw("refunded") >= 0.03) return nothing
  const refund = {
    ...of,
    refund_id: `re_${id.slice(3)}_1`,
    ordinal: 1,
    kind: "refund",
    reason: "it came back",
    requested_by: "development",
    request: {},
    idempotency_key: `${id}-r1-${midTag(captured.account.id)}`,
    state: "refunded",
    lease_until: iso(later + 60_000),
    refund_reference: `rr_${id.slice(3)}`,
    evidence: {
      outcome: "Refunded",
      source: "driver",
      code: "refunded",
      message: "the processor gave it back"
    },
    written_at: iso(later),
    resolved_at: iso(later + 800)
  }
  return { refunds: [refund], disputes: [] }
}
