// GoRules' ZEN: a decision table with a row for each account, every row that matches. The order by session is left out.
import { ZenEngine } from "@gorules/zen-engine"
import { RiskLevel } from "../../src/kernel/MerchantAccount.ts"
import type { Account } from "../../src/kernel/routing/RoutingPolicy.ts"
import { Schema } from "effect"
import { decideAll } from "../routing/deciding.ts"

const inputs = ["category", "currency", "amount", "cardBrand", "country", "risk"].map((field) => ({
  id: field,
  name: field,
  field
}))
const oneOf = (values: ReadonlyArray<string> | undefined) =>
  values?.map((value) => JSON.stringify(value)).join(", ") ?? ""

const row = ({ account, capturedThisMonth }: Account) => {
  const { accepts, monthlyCap: cap } = account
  return {
    _id: account.id,
    category: oneOf(account.underwrittenFor),
    currency: oneOf(accepts.currencies),
    amount: `[${accepts.minimumAmount ?? 0}..${accepts.maximumAmount ?? 999_999_999_999}]`,
    cardBrand: oneOf(accepts.cardBrands),
    country: oneOf(accepts.countries),
    risk: `<= ${RiskLevel.literals.indexOf(accepts.highestRisk ?? "high")}`,
    bin: (accepts.blockedBins ?? []).map((bin) => `not startsWith(bin, "${bin}")`).join(" and "),
    cap:
      cap === undefined ? "" : `currency != "${cap.currency}" or amount <= ${cap.amount - capturedThisMonth}`,
    mid: JSON.stringify(account.id)
  }
}

const able = ({ account, providerConfigured }: Account) =>
  account.status === "active" && !account.killSwitch && providerConfigured

const decode = Schema.decodeUnknownSync(Schema.Array(Schema.Struct({ mid: Schema.String })))

decideAll({
  "zen-engine": (accounts, charges) => {
    const engine = new ZenEngine()
    const content = {
      nodes: [
        { id: "in", type: "inputNode", name: "in" },
        {
          id: "table",
          type: "decisionTableNode",
          name: "table",
          content: {
            hitPolicy: "collect",
            inputs: [...inputs, { id: "bin", name: "bin" }, { id: "cap", name: "cap" }],
            outputs: [{ id: "mid", name: "mid", field: "mid" }],
            rules: accounts.filter(able).map(row)
          }
        },
        { id: "out", type: "outputNode", name: "out" }
      ],
      edges: [
        { id: "1", sourceId: "in", targetId: "table", type: "edge" },
        { id: "2", sourceId: "table", targetId: "out", type: "edge" }
      ]
    }
    const decision = engine.createDecision(content)
    const facts = charges.map(({ inputs: { risk, ...rest } }) => ({
      ...rest,
      risk: RiskLevel.literals.indexOf(risk)
    }))
    return async (place) => {
      const { result } = await decision.evaluate(facts[place])
      return decode(result).map(({ mid }) => mid)
    }
  }
})
