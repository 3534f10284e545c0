// The dashboard and the alert rules, held against the metrics that there are.
import { Schema } from "effect"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { families } from "../../src/telemetry/metrics.ts"

const root = join(import.meta.dirname, "../..")
const read = (file: string): string => readFileSync(join(root, file), "utf8")

const Dashboard = Schema.Struct({
  panels: Schema.Array(
    Schema.Struct({
      id: Schema.Int,
      title: Schema.String,
      targets: Schema.Array(Schema.Struct({ expr: Schema.String, legendFormat: Schema.String }))
    })
  )
})

const dashboard = Schema.decodeUnknownSync(Schema.fromJsonString(Dashboard))(
  read("docs/operations/dashboard.json")
)
const alerts = read("docs/operations/alerts.yaml")
const rules = alerts.split(/^ {6}- alert: /m).slice(1)
const expressions = [
  ...dashboard.panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [title, expr] as const)),
  ...rules.map(
    (rule) =>
      [rule.split("\n")[0] ?? "", /^ {8}expr: ([^]*?)^ {8}\w/m.exec(rule)?.[1] ?? "no expression"] as const
  )
]

/** The names under which Prometheus keeps a metric. */
const keptAs = families.flatMap(({ name, kind }) =>
  kind === "histogram" ? ["_bucket", "_sum", "_count"].map((part) => name + part) : [name]
)
const labels = new Set([...families.flatMap((family) => family.labels), "le", "instance"])

describe("the dashboard and the alert rules", () => {
  it.each(expressions)("ask for metrics that there are, by labels that they have: %s", (_, expression) => {
    const asked = [...expression.matchAll(/\bpayments_\w+/g)].map(([name]) => name)
    expect(asked.length).toBeGreaterThan(0)
    for (const name of asked) expect(keptAs).toContain(name)
    const by = [...expression.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, names = ""]) => names.split(/,\s*/))
    const picked = [...expression.matchAll(/\{([^}]*)\}/g)].flatMap(([, pairs = ""]) =>
      [...pairs.matchAll(/(\w+)\s*=/g)].map(([, name = ""]) => name)
    )
    for (const label of [...by, ...picked]) expect([...labels]).toContain(label)
  })

  it("leave out no metric", () => {
    const text = expressions.map(([, expression]) => expression).join("\n")
    for (const { name } of families) expect(text).toContain(name)
  })

  it("say by what somebody is called, and what to do then", () => {
    expect(rules.length).toBeGreaterThan(10)
    for (const rule of rules) {
      expect(rule).toMatch(/severity: (page|ticket) \}/)
      expect(rule).toMatch(/^ {10}summary: \S/m)
      expect(rule).toMatch(/^ {10}action: \S/m)
    }
    const names = rules.map((rule) => rule.split("\n")[0])
    expect(new Set(names).size).toBe(names.length)
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length)
  })
})

describe("the metrics", () => {
  it("have names as Prometheus wants them, and labels that are few", () => {
    expect(new Set(families.map(({ name }) => name)).size).toBe(families.length)
    for (const { name, kind, labels: own } of families) {
      expect(name).toMatch(/^payments_[a-z_]+$/)
      expect(name.endsWith("_total")).toBe(kind === "counter")
      if (kind === "histogram") expect(name).toMatch(/_seconds$/)
      // Accounts, routes and statements are what there is most of; no label is anybody's text or id.
      expect(own.length).toBeLessThanOrEqual(4)
      for (const label of own)
        expect(label).not.toMatch(/session|attempt|customer|principal|request|event|token/)
    }
  })
})
