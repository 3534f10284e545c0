import type { Messages } from "./Messages.ts"

export const en: Messages = {
  locale: "en",
  direction: "ltr",
  title: "Pay {brand}",
  payTo: "Pay {brand}",
  payee: "Your payment goes to {entity}.",
  card: "Pay by card",
  pay: "Pay {amount}",
  back: "Back to {brand}",
  safe: "Your card details go straight to the card vault. {brand} never sees them.",
  testCardsOnly: "Simulated vault: test cards only.",
  needsScript:
    "This page needs JavaScript to take your card safely. Please switch it on and load the page again.",
  noFields: "Cards cannot be taken here at the moment. Nothing was charged.",
  notFound: {
    heading: "There is no payment here",
    text: "The address is not complete, or it is of another payment. Please open it again from the shop."
  },
  continueAtBank: "Continue at your bank",
  openBank: "Open your bank's page in a new window",
  bankFrame: "Your bank's page",
  declined: {
    heading: "Your card was declined.",
    text: "No money moved. Please try another card, or ask your bank."
  },
  stages: {
    processing: {
      heading: "Your payment is on its way",
      text: "This can take a moment. Please do not pay again."
    },
    authenticate: {
      heading: "Please confirm with your bank",
      text: "Your bank wants to be sure that it is you. Nothing is charged twice."
    },
    in_review: {
      heading: "We are checking your payment",
      text: "We do not know yet whether it went through. You will not be charged twice; please do not pay again. This page tells you as soon as we know."
    },
    paid: { heading: "Paid", text: "Thank you. {brand} has your payment of {amount}." },
    refused: {
      heading: "The payment did not go through",
      text: "Your card was declined and no money moved. This payment takes no further card; please start again at {brand}."
    },
    ended: {
      heading: "The payment did not go through",
      text: "Nothing was charged. Please start again at {brand}."
    },
    cancelled: {
      heading: "This payment was cancelled",
      text: "Nothing was charged. You can start again at {brand}."
    },
    expired: {
      heading: "This payment has expired",
      text: "Nothing was charged. You can start again at {brand}."
    }
  },
  problems: {
    offline: "The connection is lost. We go on by ourselves as soon as it is back; please do not pay again.",
    lost: "Your payment did not reach us. Nothing was charged; please try again.",
    noAnswer: "We cannot be reached at the moment. Please check your connection, and try again.",
    wait: "That was too often. Please wait a minute and try again.",
    card: "This card cannot be taken here. Nothing was charged; please try another one.",
    often: "That was too often. Nothing was charged; please wait a minute and try again.",
    vault: "The card vault does not answer. Nothing was charged; please try again in a moment.",
    fields:
      "The card fields could not be loaded. Please check your connection or your blocker, and load the page again."
  },
  fields: {
    frame: "Card details",
    number: "Card number",
    expiry: "Expiry",
    expiryForm: "MM / YY",
    code: "Security code",
    wrongNumber: "Please check the card number.",
    wrongExpiry: "Please write month and year, like 04 / 31.",
    over: "The card has expired.",
    wrongCode: "Please check the security code."
  }
}
