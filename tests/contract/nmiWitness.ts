// NMI's own reports, read without a line of the driver: what moved there, and what the account is.
import { Effect, Redacted } from "effect"
import type { Moved } from "../suites/provider.ts"
import type { Setting } from "./setting.ts"

type Form = Readonly<Record<string, string>>

/** Sends one form and answers the text that came. */
export const askNmi = async (setting: Setting, path: string, form: Form): Promise<string> => {
  const answer = await fetch(new URL(path, setting.origin), {
    method: "POST",
    body: new URLSearchParams({ security_key: Redacted.value(setting.secret), ...form }),
    redirect: "error",
    signal: AbortSignal.timeout(30_000)
  })
  if (!answer.ok) throw new Error(`NMI answered ${answer.status}`)
  return answer.text()
}

const report = async (setting: Setting, form: Form): Promise<string> => {
  const xml = await askNmi(setting, "/api/query.php", form)
  const refused = /<error_response>([^<]*)/.exec(xml)?.[1]
  if (refused !== undefined) throw new Error(`NMI refuses the report: ${refused}`)
  if (!/<nm_response\b/.test(xml)) throw new Error("NMI answered no report")
  return xml
}

/** How an account stands: whether it is in test mode, or why it is not to be charged on. */
export const nmiStanding = async (
  setting: Setting
): Promise<{ readonly testMode: boolean } | { readonly problem: string }> => {
  const xml = await report(setting, { report_type: "test_mode_status" })
  const enabled = /<test_mode_enabled>\s*(true|false)\s*</i.exec(xml)?.[1]?.toLowerCase()
  const { host } = new URL(setting.origin)
  if (enabled === "true") return { testMode: true }
  if (enabled === "false" && host === setting.sandboxHost) return { testMode: false }
  return {
    problem: `the account at ${host} is not in test mode. Contract runs charge cards; no card was sent. Switch it to test mode, or, if all of ${host} is a sandbox, say so: CONTRACT_NMI_SANDBOX_HOST=${host}`
  }
}

/** The processors behind the account, by which NMI knows it; none if it does not say. */
export const nmiAccount = async (setting: Setting): Promise<string | undefined> => {
  const xml = await askNmi(setting, "/api/query.php", { report_type: "gateway_processors" })
  const ids = [...xml.matchAll(/<processor_id>([\w.-]+)</g)].map(([, id = ""]) => id)
  return ids.length === 0 ? undefined : ids.join(", ")
}

const textIn = (xml: string, name: string): string =>
  new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? ""

/** The successful actions of some type, of all transactions under an order id: their amounts in minor units. */
const amountsOf = async (setting: Setting, order: string, type: string): Promise<ReadonlyArray<number>> => {
  const xml = await report(setting, { order_id: order })
  return [...xml.matchAll(/<transaction>([^]*?)<\/transaction>/g)]
    .filter(([, transaction = ""]) => textIn(transaction, "order_id") === order)
    .flatMap(([, transaction = ""]) => [...transaction.matchAll(/<action>([^]*?)<\/action>/g)])
    .filter(([, action = ""]) => textIn(action, "action_type") === type && textIn(action, "success") === "1")
    .map(([, action = ""]) => Math.round(Math.abs(Number(textIn(action, "amount"))) * 100))
}

/** What moved for a key. NMI keeps no key of a void, so one counts for the key that is named after its charge's. */
export const nmiWitness =
  (setting: Setting) =>
  (key: string): Effect.Effect<Moved> =>
    Effect.promise(async () => {
      const charge = key.replace(/-r?v$/, "")
      return {
        captures: await amountsOf(setting, key, "sale"),
        refunds: await amountsOf(setting, key, "refund"),
        voids: charge === key ? [] : await amountsOf(setting, charge, "void")
      }
    })
