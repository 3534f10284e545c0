import { request } from "node:http"
import type { Heard } from "./judge.ts"

/** Asks over a line that is opened for it and for nothing else. */
export const overItsOwnLine = (
  url: string,
  options: { readonly method: string; readonly headers: Readonly<Record<string, string>> },
  body: string | undefined
): Promise<Heard> =>
  new Promise((resolve, reject) => {
    const asking = request(url, { ...options, agent: false }, (answer) => {
      let text = ""
      answer.setEncoding("utf8")
      answer.on("data", (piece) => (text += String(piece)))
      answer.once("error", reject)
      answer.once("end", () => resolve({ status: answer.statusCode ?? 0, text }))
    })
    asking.once("error", reject)
    asking.end(body)
  })
