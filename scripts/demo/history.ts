import { Effect, Schema } from "effect"
import type { Client } from "./client.ts"
import { table } from "./print.ts"

const query = `{
  sessions(first: 20) {
    nodes {
      sessionId state money { formatted }
      attempts(first: 5) { nodes { ordinal round midId: merchantAccount { midId } state evidence(last: 1) { nodes { message } } } }
      decisions {
        round
        chosen { midId }
        leftOut { midId reasons { sentence } }
        passedOver { midId reason }
      }
    }
  }
}`

const Mid = Schema.Struct({ midId: Schema.String })
const nodes = <S extends Schema.Top>(node: S) => Schema.Struct({ nodes: Schema.Array(node) })

const History = Schema.Struct({
  sessions: nodes(
    Schema.Struct({
      sessionId: Schema.String,
      state: Schema.String,
      money: Schema.Struct({ formatted: Schema.String }),
      attempts: nodes(
        Schema.Struct({
          ordinal: Schema.Int,
          round: Schema.Int,
          midId: Mid,
          state: Schema.String,
          evidence: nodes(Schema.Struct({ message: Schema.String }))
        })
      ),
      decisions: Schema.Array(
        Schema.Struct({
          round: Schema.Int,
          chosen: Schema.Array(Mid),
          leftOut: Schema.Array(
            Schema.Struct({
              midId: Schema.String,
              reasons: Schema.Array(Schema.Struct({ sentence: Schema.String }))
            })
          ),
          passedOver: Schema.Array(Schema.Struct({ midId: Schema.String, reason: Schema.String }))
        })
      )
    })
  )
})
type Session = (typeof History.Type)["sessions"]["nodes"][number]

/** What the gateway tells of every session: each merchant account of its decision, and what became of it or why not. */
export const history = Effect.fnUntraced(function* (client: Client) {
  const answer = yield* client.post("/graphql", { query })
  const { sessions } = yield* Schema.decodeUnknownEffect(History)(answer.data)
  const rows = sessions.nodes
    .filter(({ decisions }) => decisions.length > 0)
    .toReversed()
    .flatMap(rowsOf)
  return table(["session", "state", "amount", "account", "attempt", "why"], rows)
})

/** The first row of a session names it; the others leave its columns empty. */
const rowsOf = (session: Session): ReadonlyArray<ReadonlyArray<string>> =>
  session.decisions
    .flatMap((decision) => accountsOf(session, decision))
    .map((row, index) =>
      index === 0
        ? [`..${session.sessionId.slice(-6)}`, session.state, session.money.formatted, ...row]
        : ["", "", "", ...row]
    )

const accountsOf = (
  session: Session,
  decision: Session["decisions"][number]
): ReadonlyArray<readonly [account: string, attempt: string, why: string]> => [
  ...decision.chosen.map(({ midId }) => {
    const attempt = session.attempts.nodes.find(
      (one) => one.round === decision.round && one.midId.midId === midId
    )
    const passed = decision.passedOver.find((one) => one.midId === midId)
    if (attempt !== undefined) {
      return [midId, `${attempt.ordinal} ${attempt.state}`, attempt.evidence.nodes[0]?.message ?? ""] as const
    }
    if (passed !== undefined) return [midId, "passed over", passed.reason.replaceAll("_", " ")] as const
    return [midId, "not asked", "the cascade had ended"] as const
  }),
  ...decision.leftOut.map(
    ({ midId, reasons }) => [midId, "left out", reasons.map(({ sentence }) => sentence).join("; ")] as const
  )
]
