import { Arbitrary, Schema } from "effect"
import { EntityId } from "../../../src/kernel/ids.ts"
import { Gate, MidStatus, RiskLevel } from "../../../src/kernel/MerchantAccount.ts"
import type { RoutingInputs } from "../../../src/kernel/routing/Eligibility.ts"
import { account, sessionId } from "./accounts.ts"

// Small worlds, in which a charge meets and misses every rule often.

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))
const few = <Item extends Schema.Constraint>(item: Item) => Schema.Array(item).check(Schema.isMaxLength(3))
const some = <Item extends Schema.Constraint>(item: Item) =>
  Schema.Array(item).check(Schema.isMinLength(1), Schema.isMaxLength(3))
const maybe = Schema.optionalKey

const entities = Schema.Literals(["loop_goods", "loop_health"])
const currencies = Schema.Literals(["USD", "EUR"])
const cardBrands = Schema.Literals(["visa", "amex"])
const categories = Schema.Literals(["merchandise", "supplements"])
const vaults = Schema.Literals(["stub", "basis_theory"])
const countries = Schema.Literals(["US", "GB", "DE"])

const Shape = Schema.Struct({
  entity: entities,
  status: Schema.Literals(["active", "active", "active", ...MidStatus.literals]),
  killSwitch: Schema.Literals([true, false, false, false]),
  providerConfigured: Schema.Literals([true, true, true, false]),
  credentialsMissing: Schema.Literals([false, false, false, false, false, true]),
  live: Schema.Literals([false, false, false, true]),
  gatesPassed: between(0, 6),
  passedAlone: Schema.Literals([true, false]),
  // Named twice or not at all: whatever a row can hold.
  underwrittenFor: few(categories),
  rules: Schema.Union([
    Schema.Struct({ currencies: some(currencies) }),
    Schema.Struct({ currencies: some(currencies), maximumAmount: between(40, 100), highestRisk: RiskLevel }),
    Schema.Struct({ currencies: some(currencies), cardBrands: few(cardBrands), countries: few(countries) }),
    Schema.Struct({
      currencies: few(currencies),
      minimumAmount: maybe(between(1, 60)),
      maximumAmount: maybe(between(40, 100)),
      cardBrands: maybe(few(cardBrands)),
      countries: maybe(few(countries)),
      vaults: maybe(few(vaults)),
      blockedBins: maybe(few(Schema.Literals(["4", "400000", "51", ""]))),
      highestRisk: maybe(RiskLevel)
    })
  ]),
  priority: between(1, 2),
  weight: between(1, 1000),
  // Below zero: none.
  cap: Schema.Struct({ amount: between(-400, 500), currency: currencies }),
  capturedThisMonth: between(0, 500)
})

const accounts = Arbitrary.map(Arbitrary.array(Arbitrary.schema(Shape), { maxLength: 12 }), (shapes) =>
  shapes.map(({ gatesPassed, passedAlone, cap, ...shape }, n) =>
    account({
      ...shape,
      gates: Gate.literals.slice(0, gatesPassed),
      ...(passedAlone ? { gatesBy: [{ by: "an officer" }, { by: "a key", person: "an officer" }] } : {}),
      ...(cap.amount < 0 ? {} : { monthlyCap: cap }),
      id: `mid_${n}`
    })
  )
)

const inputs: Arbitrary.Arbitrary<RoutingInputs> = Arbitrary.map(
  Arbitrary.schema(
    Schema.Struct({
      entity: entities,
      category: categories,
      amount: between(1, 110),
      currency: currencies,
      risk: RiskLevel,
      cardBrand: maybe(cardBrands),
      bin: maybe(Schema.Literals(["400000", "424242", "510000", "601100"])),
      country: maybe(countries),
      vault: maybe(vaults)
    })
  ),
  (charge) => ({ ...charge, entity: EntityId.make(charge.entity) })
)

/** Accounts of two entities, a charge and a session. */
export const routing = Arbitrary.all({
  accounts,
  inputs,
  session: Arbitrary.map(Arbitrary.schema(between(0, 1_000_000)), sessionId)
})
