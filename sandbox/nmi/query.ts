import type { Fields } from "../plumbing/Fields.ts"
import type { Reply } from "../plumbing/Http.ts"
import { decimalOf, stampOf } from "./money.ts"
import type { Action, Transaction } from "./records.ts"
import { nextRefid, settingsOf, type World } from "./world.ts"

const escaped = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")

const element = (name: string, text: string) => `<${name}>${escaped(text)}</${name}>`

const elements = (values: Readonly<Record<string, string>>, indent: string) =>
  Object.entries(values)
    .map(([name, text]) => `${indent}${element(name, text)}\n`)
    .join("")

const xml = (inside: string): Reply => ({
  status: 200,
  headers: { "content-type": "text/xml; charset=UTF-8" },
  body: `<?xml version="1.0" encoding="UTF-8"?>\n<nm_response>\n${inside}</nm_response>\n`
})

export const queryError = (problem: string): Reply =>
  xml(`\t${element("error_response", `${problem} REFID:${nextRefid()}`)}\n`)

const actionXml = (action: Action) =>
  `\t\t<action>\n${elements(
    {
      amount: decimalOf(action.amount),
      action_type: action.type,
      date: stampOf(action.at),
      success: action.success ? "1" : "0",
      ip_address: "127.0.0.1",
      source: "api",
      api_method: "direct_post",
      username: "",
      response_text: action.text,
      batch_id: "0",
      processor_batch_id: "",
      response_code: action.code,
      processor_response_text: "",
      processor_response_code: ""
    },
    "\t\t\t"
  )}\t\t</action>\n`

const transactionXml = (transaction: Transaction) => {
  const { details } = transaction
  return `\t<transaction>\n${elements(
    {
      transaction_id: transaction.id,
      partial_payment_id: "",
      partial_payment_balance: "",
      platform_id: "",
      transaction_type: "cc",
      condition: transaction.condition,
      order_id: transaction.orderId,
      authorization_code: transaction.authCode,
      ponumber: details["ponumber"] ?? "",
      order_description: details["order_description"] ?? "",
      first_name: details["first_name"] ?? "",
      last_name: details["last_name"] ?? "",
      address_1: details["address1"] ?? "",
      city: details["city"] ?? "",
      state: details["state"] ?? "",
      postal_code: details["zip"] ?? "",
      country: details["country"] ?? "",
      email: details["email"] ?? "",
      cc_number: transaction.card.masked.replaceAll("*", "x"),
      cc_exp: transaction.card.expiry,
      avs_response: transaction.avs,
      csc_response: transaction.cvv,
      processor_id: transaction.processorId,
      currency: transaction.currency,
      cc_bin: transaction.card.bin,
      cc_type: transaction.card.brand,
      ...(transaction.original === "" ? {} : { original_transaction_id: transaction.original })
    },
    "\t\t"
  )}${Object.entries(details)
    .filter(([name]) => name.startsWith("merchant_defined_field_"))
    .map(
      ([name, value]) =>
        `\t\t<merchant_defined_field id="${name.split("_").at(-1)}">${escaped(value)}</merchant_defined_field>\n`
    )
    .join("")}${transaction.actions.map(actionXml).join("")}\t</transaction>\n`
}

const listed = (fields: Fields, name: string, value: string): boolean => {
  const wanted = fields.get(name)
  return wanted === undefined || wanted === "" || wanted.split(",").includes(value)
}

/** Everything but what the account's delay or a fault still hides. */
export const query = (world: World, account: string, fields: Fields): Reply => {
  const report = fields.get("report_type") ?? ""
  const settings = settingsOf(world, account)
  if (report === "test_mode_status") {
    return xml(`\t${element("test_mode_enabled", String(settings.testMode))}\n`)
  }
  if (report === "gateway_processors") {
    return xml(
      settings.processors
        .map((id) => `\t<gateway_processor>${element("processor_id", id)}</gateway_processor>\n`)
        .join("")
    )
  }
  if (report !== "" && report !== "transaction") return queryError("Invalid report_type")
  const now = world.bench.clock.now()
  const changed = ({ at, actions }: Transaction) => actions.at(-1)?.at ?? at
  const from = fields.get("start_date") ?? ""
  const to = fields.get("end_date") ?? ""
  const found = world.transactions
    .all()
    .filter(
      (transaction) =>
        transaction.account === account &&
        transaction.hiddenUntil <= now &&
        listed(fields, "order_id", transaction.orderId) &&
        listed(fields, "transaction_id", transaction.id) &&
        listed(fields, "condition", transaction.condition) &&
        (fields.get("action_type") === undefined ||
          transaction.actions.some(({ type }) => listed(fields, "action_type", type))) &&
        (from === "" || stampOf(changed(transaction)) >= from) &&
        (to === "" || stampOf(changed(transaction)) <= to)
    )
  const ordered = fields.get("result_order") === "reverse" ? found.toReversed() : found
  const limit = Number(fields.get("result_limit") ?? 0)
  const number = Number(fields.get("page_number") ?? settings.firstPage) - settings.firstPage
  const shown =
    limit > 0 ? ordered.slice(Math.max(number, 0) * limit, (Math.max(number, 0) + 1) * limit) : ordered
  return xml(shown.map(transactionXml).join(""))
}
