/** One row of the table of result codes. */
export interface ResultCode {
  readonly text: string
  readonly response: "1" | "2" | "3"
  /**
   * What the gateway keeps of it when no money moved: a failed transaction, one of which it does not know the end
   * (`unknown`), one that is still under way, or nothing.
   */
  readonly keeps: "failed" | "unknown" | "in_progress" | "nothing"
  /** The advice of the network that comes with it. */
  readonly advice?: string
}

const declined = (text: string, advice?: string): ResultCode => ({
  text,
  response: "2",
  keeps: "failed",
  ...(advice === undefined ? {} : { advice })
})
const failed = (text: string, keeps: ResultCode["keeps"] = "failed"): ResultCode => ({
  text,
  response: "3",
  keeps
})

/** Every result code but 100. */
export const resultCodes: Readonly<Record<string, ResultCode>> = {
  "101": { text: "Request Accepted", response: "1", keeps: "in_progress" },
  "200": declined("DECLINE"),
  "201": declined("Do not honor"),
  "202": declined("Insufficient funds"),
  "203": declined("Over limit"),
  "204": declined("Transaction not allowed"),
  "220": declined("Incorrect payment information"),
  "221": declined("No such card issuer"),
  "222": declined("No card number on file with issuer"),
  "223": declined("Expired card"),
  "224": declined("Invalid expiration date"),
  "225": declined("Invalid card security code"),
  "226": declined("Invalid PIN"),
  "240": declined("Call issuer for further information"),
  "250": declined("Pick up card"),
  "251": declined("Lost card"),
  "252": declined("Stolen card"),
  "253": declined("Fraudulent card"),
  "260": declined("Declined with further instructions available"),
  "261": declined("Declined-Stop all recurring payments", "21"),
  "262": declined("Declined-Stop this recurring program", "03"),
  "263": declined("Declined-Update cardholder data available", "01"),
  "264": declined("Declined-Retry in a few days", "02"),
  "300": failed("Transaction was rejected by gateway", "nothing"),
  "301": failed("Rate limit exceeded", "nothing"),
  "400": failed("Transaction error returned by processor"),
  "410": failed("Invalid merchant configuration"),
  "411": failed("Merchant account is inactive"),
  "420": failed("Communication error", "unknown"),
  "421": failed("Communication error with issuer", "unknown"),
  "430": failed("Duplicate transaction at processor"),
  "440": failed("Processor format error"),
  "441": failed("Invalid transaction information"),
  "460": failed("Processor feature not available"),
  "461": failed("Unsupported card type")
}

export const knownCodes: ReadonlyArray<string> = Object.keys(resultCodes)
