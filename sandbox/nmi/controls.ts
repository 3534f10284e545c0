import { Schema } from "effect"
import { json, parseJson, type Reply, type Request } from "../plumbing/Http.ts"
import { move } from "./charging.ts"
import { announceChargeback, announceSettlement } from "./events.ts"
import { decimalOf, minorOf } from "./money.ts"
import { Settings, type Transaction } from "./records.ts"
import { configure, settingsOf, setWebhook, type World } from "./world.ts"

const partOf = <Fields extends Readonly<Record<string, Schema.Codec<unknown, unknown>>>>(fields: Fields) =>
  fields

const decodeAccount = Schema.decodeUnknownResult(
  Schema.Struct({
    account: Schema.String,
    settings: Schema.optionalKey(
      Schema.Struct(
        partOf({
          duplicateSeconds: Schema.optionalKey(Settings.fields.duplicateSeconds),
          allowOverride: Schema.optionalKey(Settings.fields.allowOverride),
          declinesCount: Schema.optionalKey(Settings.fields.declinesCount),
          orderIdCounts: Schema.optionalKey(Settings.fields.orderIdCounts),
          testMode: Schema.optionalKey(Settings.fields.testMode),
          processors: Schema.optionalKey(Settings.fields.processors),
          emptyType: Schema.optionalKey(Settings.fields.emptyType),
          queryDelay: Schema.optionalKey(Settings.fields.queryDelay),
          firstPage: Schema.optionalKey(Settings.fields.firstPage)
        })
      )
    ),
    webhook: Schema.optionalKey(Schema.Struct({ url: Schema.String, key: Schema.optionalKey(Schema.String) }))
  })
)
const decodeChargeback = Schema.decodeUnknownResult(
  Schema.Struct({
    transaction_id: Schema.String,
    amount: Schema.optionalKey(Schema.String),
    reason: Schema.optionalKey(Schema.String)
  })
)
const decodeSettlement = Schema.decodeUnknownResult(Schema.Struct({ account: Schema.String }))

const wrong = (problem: string): Reply => json(400, { sandbox_error: problem })

/** Settles what is pending settlement: from then on it can be refunded but not voided. */
const settle = (world: World, account: string): ReadonlyArray<Transaction> => {
  const rows = world.transactions
    .all()
    .filter((one) => one.account === account && one.condition === "pendingsettlement")
  const at = world.bench.clock.now()
  const settled = rows.map((one): Transaction => {
    const amount = one.type === "sale" || one.type === "auth" ? one.captured : one.approved
    const action = { type: "settle", amount, at, success: true, code: "100", text: "ACCEPTED" } as const
    return { ...one, condition: "complete", actions: [...one.actions, action] }
  })
  for (const one of settled) world.transactions.put(one.id, one)
  for (const processor of new Set(settled.map(({ processorId }) => processorId))) {
    announceSettlement(
      world,
      account,
      settled.filter(({ processorId }) => processorId === processor)
    )
  }
  return settled
}

/** The doors of this gateway under /_sandbox: accounts, settlement, chargebacks, deliveries. */
export const control = (world: World, request: Request): Reply | undefined => {
  const body = parseJson(request.body.toString("utf8"))
  const { store } = world.bench
  switch (`${request.method} ${request.path}`) {
    case "GET /_sandbox/deliveries":
      return json(200, world.webhooks.list())
    case "POST /_sandbox/accounts": {
      const asked = decodeAccount(body)
      if (asked._tag === "Failure") return wrong(String(asked.failure))
      const { account, settings = {}, webhook } = asked.success
      store.transact(() => {
        configure(world, account, settings)
        if (webhook !== undefined) setWebhook(world, account, webhook.url, webhook.key)
      })
      return json(200, { account, settings: settingsOf(world, account) })
    }
    case "POST /_sandbox/settle": {
      const asked = decodeSettlement(body)
      if (asked._tag === "Failure") return wrong("give { account }, the name after sandbox_")
      const settled = store.transact(() => settle(world, asked.success.account))
      return json(200, { settled: settled.map(({ id }) => id) })
    }
    case "POST /_sandbox/chargebacks": {
      const asked = decodeChargeback(body)
      if (asked._tag === "Failure") return wrong("give { transaction_id }, and amount and reason if you like")
      const transaction = world.transactions.get(asked.success.transaction_id)
      if (transaction === undefined || transaction.captured === 0 || transaction.condition === "canceled") {
        return wrong("that transaction took no money")
      }
      const left = transaction.captured - transaction.refunded - transaction.chargedBack
      const amount = asked.success.amount === undefined ? left : (minorOf(asked.success.amount) ?? 0)
      if (amount < 1 || amount > left) return wrong(`at most ${decimalOf(left)} is left of it`)
      const id = String(1_234_567_890 + world.bench.books.snapshot().movements.length)
      const reason = asked.success.reason ?? "10.4: Other Fraud - Card Absent Environment"
      store.transact(() => {
        world.transactions.put(transaction.id, {
          ...transaction,
          chargedBack: transaction.chargedBack + amount
        })
        move(world, transaction, "disputed", id, amount)
        announceChargeback(world, transaction, { id, amount, reason })
      })
      return json(201, { id, amount: decimalOf(amount), reason })
    }
    default:
      return undefined
  }
}
