import type { Bench } from "../plumbing/Bench.ts"
import type { Fault } from "../plumbing/Fault.ts"
import { page, type Reply, type Request } from "../plumbing/Http.ts"
import { type Gateway, paced } from "../plumbing/serve.ts"
import { type Answer, answerOf, formReply, rejected } from "./answers.ts"
import { faultOfNumber, magicNumber } from "./cardInput.ts"
import { addCustomer, chargeCard, settleLater } from "./charging.ts"
import { control } from "./controls.ts"
import { followUp } from "./later.ts"
import { query, queryError } from "./query.ts"
import { accountOf, makeWorld, nextRefid, settingsOf, type World } from "./world.ts"

const transactPath = "/api/transact.php"
const queryPath = "/api/query.php"

const isCharge = ({ path, fields }: Request): boolean =>
  path === transactPath && ["sale", "auth"].includes(fields.get("type") ?? "")

const failure = (status: number): Reply => page(status, `<h1>${status}</h1>`)

/** The emulated NMI. */
export const makeNmi = (bench: Bench): { readonly gateway: Gateway; readonly world: World } => {
  const world = makeWorld(bench)
  settleLater(world)

  const transact = ({ fields }: Request, fault: Fault | undefined): Answer => {
    const type = fields.get("type") ?? ""
    const orderId = fields.get("orderid") ?? ""
    const account = accountOf(fields.get("security_key"))
    if (account === undefined) return rejected("Authentication Failed", orderId, type)
    switch (type) {
      case "sale":
      case "auth":
      case "credit":
      case "validate":
        return chargeCard(world, account, type, fields, fault)
      case "capture":
      case "void":
      case "refund":
        return followUp(world, account, type, fields)
      default:
        return type === "" && fields.has("customer_vault")
          ? addCustomer(world, fields)
          : rejected("Invalid Transaction Type", orderId, type)
    }
  }

  const withType = (request: Request, answer: Answer): Answer => {
    const account = accountOf(request.fields.get("security_key"))
    return account !== undefined && settingsOf(world, account).emptyType
      ? answer.map(([name, value]) => [name, name === "type" ? "" : value])
      : answer
  }

  const work = (request: Request, fault: Fault | undefined): Reply => {
    if (request.path === transactPath) return formReply(withType(request, transact(request, fault)))
    if (request.path !== queryPath) return page(404, "<h1>Not Found</h1>")
    const account = accountOf(request.fields.get("security_key"))
    return account === undefined ? queryError("Authentication Failed") : query(world, account, request.fields)
  }

  return {
    world,
    gateway: {
      bench,
      charges: isCharge,
      askedFault: (request) =>
        isCharge(request) ? faultOfNumber(magicNumber(world, request.fields), bench.seconds) : undefined,
      answer: (request, fault) =>
        paced(bench.clock, fault, () => bench.store.transact(() => work(request, fault))),
      failure,
      throttled: () =>
        formReply(
          answerOf({
            response: "3",
            text: `Rate limit exceeded REFID:${nextRefid()}`,
            code: "301",
            orderId: "",
            type: ""
          })
        ),
      control: (request) => control(world, request)
    }
  }
}
