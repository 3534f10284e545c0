import { randomUUID } from "node:crypto"
import { faultOfNumber } from "./cardInput.ts"
import { decimalOf, stampOf } from "./money.ts"
import type { Transaction } from "./records.ts"
import { settingsOf, type World } from "./world.ts"

const merchantOf = (account: string) => ({ id: account, name: `Sandbox ${account}` })
const processorOf = (id: string) => ({ id, name: id, type: "cc" })

/** Sends an event of an account, if it has somewhere to send it. */
const send = (
  world: World,
  account: string,
  type: string,
  body: object,
  field: (name: string) => string | undefined,
  magic = ""
): void => {
  if (settingsOf(world, account).webhook === null) return
  const fault = magic === "" ? undefined : faultOfNumber(magic, world.bench.seconds)
  world.webhooks.emit(
    account,
    type,
    JSON.stringify({ event_id: randomUUID(), event_type: type, event_body: body }, undefined, 1),
    field,
    fault?.kind.startsWith("webhook_") === true ? fault : undefined
  )
}

const addressOf = ({ details }: Transaction) => ({
  first_name: details["first_name"] ?? "",
  last_name: details["last_name"] ?? "",
  address_1: details["address1"] ?? "",
  address_2: details["address2"] ?? "",
  company: details["company"] ?? "",
  city: details["city"] ?? "",
  state: details["state"] ?? "",
  postal_code: details["zip"] ?? "",
  country: details["country"] ?? "",
  email: details["email"] ?? "",
  phone: details["phone"] ?? ""
})

/** Tells of the last action of a transaction. */
export const announce = (
  world: World,
  transaction: Transaction,
  outcome: "success" | "failure" | "unknown"
): void => {
  const last = transaction.actions.at(-1)
  if (last === undefined) return
  const fields: Readonly<Record<string, string>> = {
    orderid: transaction.orderId,
    order_id: transaction.orderId,
    transaction_id: transaction.id
  }
  const body = {
    merchant: merchantOf(transaction.account),
    features: { is_test_mode: transaction.testMode },
    transaction_id: transaction.id,
    transaction_type: "cc",
    condition: transaction.condition,
    processor_id: transaction.processorId,
    ponumber: transaction.details["ponumber"] ?? "",
    order_description: transaction.details["order_description"] ?? "",
    order_id: transaction.orderId,
    customerid: "",
    currency: transaction.currency,
    requested_amount: decimalOf(Math.abs(transaction.requested)),
    partial_payment_id: "",
    partial_payment_balance: "",
    platform_id: "",
    authorization_code: transaction.authCode,
    ...(transaction.original === "" ? {} : { original_transaction_id: transaction.original }),
    billing_address: addressOf(transaction),
    card: {
      cc_number: transaction.card.masked,
      cc_exp: transaction.card.expiry,
      avs_response: transaction.avs,
      csc_response: transaction.cvv,
      entry_mode: "4",
      cc_bin: transaction.card.bin,
      cc_type: transaction.card.brand
    },
    action: {
      amount: decimalOf(last.amount),
      action_type: last.type,
      date: stampOf(last.at),
      success: last.success ? "1" : "0",
      ip_address: "127.0.0.1",
      source: "api",
      api_method: "direct_post",
      username: "",
      response_text: last.text,
      response_code: last.code,
      processor_response_text: "",
      processor_response_code: "",
      device_license_number: "",
      device_nickname: ""
    }
  }
  send(
    world,
    transaction.account,
    `transaction.${last.type}.${outcome}`,
    body,
    (name) => fields[name],
    last.success ? transaction.card.magic : ""
  )
}

/** Tells of a batch of settled transactions of one processor. */
export const announceSettlement = (world: World, account: string, rows: ReadonlyArray<Transaction>): void => {
  const total = rows.reduce(
    (sum, { captured, approved, type }) => sum + (type === "refund" ? approved : captured),
    0
  )
  send(
    world,
    account,
    "settlement.batch.complete",
    {
      batch_id: String(Math.floor(world.bench.clock.now() / 1000)),
      count: rows.length,
      amount: decimalOf(total),
      merchant: merchantOf(account),
      processor: processorOf(rows[0]?.processorId ?? ""),
      transaction_ids: rows.map(({ id }) => id)
    },
    () => undefined
  )
}

/** Tells of a chargeback: as the real one, it names the card, the amount and the day, and no transaction. */
export const announceChargeback = (
  world: World,
  transaction: Transaction,
  chargeback: { readonly id: string; readonly amount: number; readonly reason: string }
): void => {
  const date = new Date(world.bench.clock.now())
  const { first_name, last_name } = addressOf(transaction)
  send(
    world,
    transaction.account,
    "chargeback.batch.complete",
    {
      merchant: merchantOf(transaction.account),
      processor: processorOf(transaction.processorId),
      count: 1,
      chargeback_amount: decimalOf(chargeback.amount),
      chargebacks: [
        {
          id: chargeback.id,
          date: `${date.getUTCMonth() + 1}/${date.getUTCDate()}/${date.getUTCFullYear()}`,
          customer_name: `${first_name} ${last_name}`.trim(),
          cc_number: transaction.card.masked,
          amount: decimalOf(chargeback.amount),
          reason: chargeback.reason
        }
      ]
    },
    (name) => (name === "orderid" ? transaction.orderId : undefined)
  )
}
