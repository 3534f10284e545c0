import { binOf, brandOf, fingerprintOf, isCardNumber } from "../plumbing/cards.ts"
import { faultOfCard } from "../plumbing/faultCards.ts"
import type { Fields } from "../plumbing/Fields.ts"
import { randomText } from "../plumbing/ids.ts"
import { declineOf } from "./declines.ts"
import { methodObject } from "./objects.ts"
import type { Method } from "./records.ts"
import { invalid, StripeRefusal } from "./StripeRefusal.ts"
import { readyMethods, testCards } from "./testCards.ts"
import { type Call, owned, seconds, type World } from "./world.ts"

/** A card that is not one: refused like a card, before anything is made of it. */
const badCard = (code: string, message: string, param: string): StripeRefusal =>
  new StripeRefusal(402, { type: "card_error", ...declineOf(code), code, message, param }, false)

interface CardInput {
  readonly number: string
  readonly expMonth: number
  readonly expYear: number
  readonly cvc: string | undefined
}

/** The card in the fields under a prefix, such as `card` or `payment_method_data[card]`. */
const readCard = (world: World, fields: Fields, prefix: string): CardInput => {
  const get = (name: string) => fields.get(`${prefix}[${name}]`)
  const number = get("number")?.replace(/[ -]/g, "")
  if (number === undefined)
    throw invalid("Missing required param: card[number].", `${prefix}[number]`, "parameter_missing")
  if (!isCardNumber(number)) throw badCard("incorrect_number", "Your card number is incorrect.", "number")
  const expMonth = Number(get("exp_month") ?? Number.NaN)
  const year = Number(get("exp_year") ?? Number.NaN)
  const expYear = year < 100 ? 2000 + year : year
  if (!Number.isInteger(expMonth) || expMonth < 1 || expMonth > 12) {
    throw badCard("invalid_expiry_month", "Your card's expiration month is invalid.", "exp_month")
  }
  const now = new Date(world.bench.clock.now())
  const past = expYear * 12 + expMonth < now.getUTCFullYear() * 12 + now.getUTCMonth() + 1
  if (!Number.isInteger(expYear) || past || expYear > now.getUTCFullYear() + 50) {
    throw badCard("invalid_expiry_year", "Your card's expiration year is invalid.", "exp_year")
  }
  const cvc = get("cvc")
  if (cvc === "") {
    const name = `${prefix}[cvc]`
    throw invalid(
      `You passed an empty string for '${name}'. We assume empty values are an attempt to unset a parameter; however ` +
        `'${name}' cannot be unset. You should remove '${name}' from your request or supply a non-empty value.`,
      name,
      "parameter_invalid_empty"
    )
  }
  if (cvc !== undefined && !/^\d{3,4}$/.test(cvc)) {
    throw badCard("invalid_cvc", "Your card's security code is invalid.", "cvc")
  }
  return { number, expMonth, expYear, cvc }
}

const keep = (
  world: World,
  account: string,
  card: CardInput,
  more: {
    readonly metadata: Readonly<Record<string, string>>
    readonly billing: Readonly<Record<string, string>>
  }
): Method => {
  const { number } = card
  const special =
    number in testCards || faultOfCard("stripe", number, world.bench.seconds) !== undefined ? number : ""
  const method: Method = {
    id: `pm_${randomText(24)}`,
    account,
    created: seconds(world),
    behaviour: special,
    brand: brandOf(number),
    bin: binOf(number),
    last4: number.slice(-4),
    fingerprint: fingerprintOf("stripe", number),
    expMonth: card.expMonth,
    expYear: card.expYear,
    hasCvc: card.cvc !== undefined,
    customer: null,
    setUp: false,
    ...more
  }
  world.methods.put(method.id, method)
  return method
}

/** Raw card numbers may be sent unless the account was told that they may not. */
export const rawCardsRefused = (account: string): boolean => account.endsWith("_noraw")

const makeMethod = (world: World, call: Call, prefix: string): Method => {
  const { fields, account } = call
  const at = (name: string) => (prefix === "" ? name : `${prefix}[${name}]`)
  const type = fields.get(at("type"))
  if (type === undefined) throw invalid("Missing required param: type.", at("type"), "parameter_missing")
  if (type !== "card") throw invalid(`The sandbox has cards only, not ${type}.`, at("type"))
  if (rawCardsRefused(account)) {
    throw invalid(
      "Sending credit card numbers directly to the Stripe API is generally unsafe. To continue processing use " +
        "Stripe.js, the Stripe mobile bindings, or Stripe Elements."
    )
  }
  return keep(world, account, readCard(world, fields, at("card")), {
    metadata: fields.group(at("metadata")),
    billing: fields.group(at("billing_details"))
  })
}

export const createMethod = (world: World, call: Call) => methodObject(makeMethod(world, call, ""))

/** The PaymentMethod that a confirmation names or brings along; none if it does neither. */
export const methodOf = (world: World, call: Call): Method | undefined => {
  const { fields, account } = call
  const id = fields.get("payment_method")
  if (fields.has("payment_method_data")) {
    if (id !== undefined) {
      throw invalid("You may only specify one of these parameters: payment_method, payment_method_data.")
    }
    return makeMethod(world, call, "payment_method_data")
  }
  if (id === undefined || id === "") return undefined
  const ready = readyMethods[id]
  return ready === undefined
    ? owned(world.methods, account, id, "PaymentMethod", "payment_method")
    : keep(
        world,
        account,
        {
          number: ready,
          expMonth: 12,
          expYear: new Date(world.bench.clock.now()).getUTCFullYear() + 3,
          cvc: "123"
        },
        { metadata: {}, billing: {} }
      )
}

/** The number of the magic or test card that a request would charge; nothing if it is an ordinary one. */
export const cardAsked = (world: World, account: string, fields: Fields, intent: string | null): string => {
  const inline = fields.get("payment_method_data[card][number]")?.replace(/[ -]/g, "")
  if (inline !== undefined) return inline
  const id =
    fields.get("payment_method") ?? (intent === null ? null : (world.intents.get(intent)?.method ?? null))
  const method = id === null ? undefined : world.methods.get(id)
  return method === undefined || method.account !== account ? "" : method.behaviour
}
