// json-rules-engine: a rule for each account, with a condition for each thing that it accepts. The order by session is
// left out.
import { Engine, type RuleProperties } from "json-rules-engine"
import { RiskLevel } from "../../src/kernel/MerchantAccount.ts"
import type { Account } from "../../src/kernel/routing/RoutingPolicy.ts"
import { decideAll } from "../routing/deciding.ts"

const condition = (fact: string, operator: string, value: unknown) => ({ fact, operator, value })

const rule = ({ account, capturedThisMonth }: Account): RuleProperties => {
  const { accepts, monthlyCap: cap } = account
  return {
    conditions: {
      all: [
        condition("category", "in", account.underwrittenFor),
        condition("currency", "in", accepts.currencies),
        condition("amount", "greaterThanInclusive", accepts.minimumAmount ?? 0),
        condition("amount", "lessThanInclusive", accepts.maximumAmount ?? Number.MAX_SAFE_INTEGER),
        ...(accepts.cardBrands === undefined ? [] : [condition("cardBrand", "in", accepts.cardBrands)]),
        ...(accepts.countries === undefined ? [] : [condition("country", "in", accepts.countries)]),
        condition("risk", "lessThanInclusive", RiskLevel.literals.indexOf(accepts.highestRisk ?? "high")),
        ...(accepts.blockedBins === undefined
          ? []
          : [condition("bin", "startsWithNone", accepts.blockedBins)]),
        ...(cap === undefined
          ? []
          : [
              {
                any: [
                  condition("currency", "notEqual", cap.currency),
                  condition("amount", "lessThanInclusive", cap.amount - capturedThisMonth)
                ]
              }
            ])
      ]
    },
    event: { type: account.id }
  }
}

const able = ({ account, providerConfigured }: Account) =>
  account.status === "active" && !account.killSwitch && providerConfigured

decideAll({
  "json-rules-engine": (accounts, charges) => {
    const engine = new Engine(accounts.filter(able).map(rule))
    engine.addOperator("startsWithNone", (bin: string, prefixes: ReadonlyArray<string>) =>
      prefixes.every((prefix) => !bin.startsWith(prefix))
    )
    const facts = charges.map(({ inputs: { risk, ...rest } }) => ({
      ...rest,
      risk: RiskLevel.literals.indexOf(risk)
    }))
    return async (place) => {
      const { events } = await engine.run(facts[place])
      return events.map(({ type }) => type)
    }
  }
})
