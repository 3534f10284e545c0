// The ephemeral proxy: what goes out, what comes back, and what its silence may hide.
import { describe, expect, it } from "vitest"
import { createServer, type Server } from "node:http"
import type { Sandbox } from "../../sandbox/startSandbox.ts"
import { faultCards } from "../../sandbox/plumbing/faultCards.ts"
import { hour, moved, postForm, sandboxed, sendJson, vaultClient } from "./support.ts"

const card = { number: "4111111111111111", expiration_month: 3, expiration_year: 2034, cvc: "321" }

const tokenOf = async (sandbox: Sandbox, data: unknown = card): Promise<string> =>
  (await vaultClient(sandbox).tokens.create({ type: "card", data })).id ?? ""

/** A destination that shows what reached it. */
const echo = async (): Promise<{ readonly url: string; readonly server: Server }> => {
  const server = createServer((request, response) => {
    let body = ""
    request.on("data", (chunk) => (body += String(chunk)))
    request.on("end", () => {
      response.writeHead(422, { "content-type": "application/json", "x-own": "yes" })
      response.end(
        JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body })
      )
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  return { server, url: `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}` }
}

const through = (
  sandbox: Sandbox,
  form: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>>
) =>
  postForm(`${sandbox.basisTheory.origin}/proxy`, form, { "BT-API-KEY": "key_sandbox_private", ...headers })

const saleThrough = (sandbox: Sandbox, id: string) =>
  through(
    sandbox,
    {
      security_key: "sandbox_shop",
      type: "sale",
      amount: "25.00",
      orderid: "o1",
      ccnumber: `{{ token: ${id} | json: '$.data.number' }}`,
      ccexp: `{{ token: ${id} | json: "$.data" | card_exp: "MMYY" }}`,
      cvv: `{{ ${id} | json: '$.cvc' }}`
    },
    { "BT-PROXY-URL": `${sandbox.nmi.origin}/api/transact.php` }
  )

describe("the proxy", () => {
  it(
    "puts card data into forms, in either form of the expression, and nothing where there is none",
    sandboxed(async (sandbox) => {
      const { server, url } = await echo()
      const id = await tokenOf(sandbox)
      const { text } = await through(
        sandbox,
        {
          whole: `{{ token: ${id} | json: '$.data.number' }}`,
          data: `{{ ${id} | json: '$.number' }}`,
          exp: `{{ token: ${id} | json: "$.data" | card_exp: "MMYY" }}`,
          slashed: `{{ ${id} | card_exp: 'MM/YYYY' }}`,
          padded: `{{ ${id} | json: '$.expiration_month' | pad_left: 2, '0' }}`,
          wrong: `{{ token: ${id} | json: '$.number' }}`,
          alsoWrong: `{{ ${id} | json: '$.data.number' }}`,
          cvc: `{{ ${id} | json: '$.cvc' }}`,
          plain: "a b&c"
        },
        { "BT-PROXY-URL": url }
      )
      const sent = Object.fromEntries(new URLSearchParams(JSON.parse(text).body))
      expect(sent).toEqual({
        whole: card.number,
        data: card.number,
        exp: "0334",
        slashed: "03/2034",
        padded: "03",
        wrong: "",
        alsoWrong: "",
        cvc: "321",
        plain: "a b&c"
      })
      sandbox.clock.advance(hour)
      const later = await through(sandbox, { cvc: `{{ ${id} | json: '$.cvc' }}` }, { "BT-PROXY-URL": url })
      expect(JSON.parse(later.text).body).toBe("cvc=")
      server.close()
    })
  )

  it(
    "puts card data into JSON: texts as texts, whole objects as objects, null for what is missing",
    sandboxed(async (sandbox) => {
      const { server, url } = await echo()
      const id = await tokenOf(sandbox)
      const { text } = await sendJson(
        `${sandbox.basisTheory.origin}/proxy/v1/cards?expand=all`,
        "PUT",
        {
          number: `{{ token: ${id} | json: '$.data.number' }}`,
          month: `{{ token: ${id} | json: "$.data.expiration_month" }}`,
          card: `{{ ${id} }}`,
          missing: `{{ ${id} | json: '$.nothing' }}`,
          mixed: `card {{ ${id} | json: '$.number' | slice: -4, 4 }}`,
          amount: 2500
        },
        { "BT-API-KEY": "key_sandbox_private", "BT-PROXY-URL": `${url}/base` }
      )
      const seen = JSON.parse(text)
      expect([seen.method, seen.url]).toEqual(["PUT", "/base/v1/cards?expand=all"])
      expect(JSON.parse(seen.body)).toEqual({
        number: card.number,
        month: "3",
        card,
        missing: null,
        mixed: "card 1111",
        amount: 2500
      })
      server.close()
    })
  )

  it(
    "passes the caller's headers on and its own not, and gives the destination's answer back as it is",
    sandboxed(async (sandbox) => {
      const { server, url } = await echo()
      const answered = await through(
        sandbox,
        { a: "1" },
        { "BT-PROXY-URL": url, authorization: "Bearer sk_x", "idempotency-key": "k1", "BT-TRACE-ID": "t" }
      )
      expect(answered.status).toBe(422)
      expect(answered.headers.get("bt-proxy-destination-status")).toBe("422")
      expect(answered.headers.get("x-own")).toBe("yes")
      const { headers } = JSON.parse(answered.text)
      expect(headers).toMatchObject({ authorization: "Bearer sk_x", "idempotency-key": "k1" })
      expect(Object.keys(headers).filter((name) => name.startsWith("bt-"))).toEqual([])
      server.close()
    })
  )

  it(
    "refuses before it forwards: unknown tokens, too many, bad expressions, other hosts, keys that may not",
    sandboxed(async (sandbox) => {
      const { server, url } = await echo()
      let reached = 0
      server.on("request", () => (reached += 1))
      const id = await tokenOf(sandbox)
      const many: Array<string> = []
      for (let one = 0; one < 21; one += 1) many.push(await tokenOf(sandbox))
      const bodies = [
        "{{ token: nobody | json: '$.data.number' }}",
        `{{ ${id} | explode }}`,
        `{{ ${id} | json: 'number[' }}`,
        many.map((one) => `{{ ${one} | json: '$.cvc' }}`).join("")
      ]
      for (const body of bodies) {
        const refused = await through(sandbox, { body }, { "BT-PROXY-URL": url })
        expect(refused.status, body).toBe(400)
        expect(refused.headers.get("bt-proxy-destination-status")).toBeNull()
        expect(JSON.parse(refused.text).proxy_error).toMatchObject({
          status: 400,
          title: "Invalid proxy request"
        })
      }
      const unknown = await through(sandbox, { body: bodies[0] ?? "" }, { "BT-PROXY-URL": url })
      expect(JSON.parse(unknown.text).proxy_error.detail).toBe("Failed to detokenize some tokens: nobody")
      const headers: ReadonlyArray<readonly [number, Readonly<Record<string, string>>]> = [
        [400, {}],
        [400, { "BT-PROXY-URL": "http://example.com/" }],
        [403, { "BT-PROXY-URL": url, "BT-API-KEY": "key_sandbox_public" }],
        [401, { "BT-PROXY-URL": url, "BT-API-KEY": "nobody" }]
      ]
      for (const [status, given] of headers) {
        const refused = await through(sandbox, { a: "1" }, given)
        expect(refused.status).toBe(status)
        expect(JSON.parse(refused.text)).toHaveProperty("proxy_error")
      }
      expect(reached).toBe(0)
      server.close()
    })
  )

  it(
    "charges through to the gateway, which alone says what came of it",
    sandboxed(async (sandbox) => {
      const answered = await saleThrough(sandbox, await tokenOf(sandbox))
      expect(answered.headers.get("bt-proxy-destination-status")).toBe("200")
      expect(answered.text).toMatch(/^response=1&.*&response_code=100$/)
      expect(moved(sandbox.nmi)).toEqual(["captured 2500"])
    })
  )

  it(
    "gives a destination up with a 408 that no destination sent, and the destination goes on",
    sandboxed(
      async (sandbox) => {
        sandbox.nmi.faults.add({ fault: { kind: "slow", seconds: 0.4 } })
        const answered = await saleThrough(sandbox, await tokenOf(sandbox))
        expect(answered.status).toBe(408)
        expect(answered.headers.get("bt-proxy-destination-status")).toBeNull()
        while (moved(sandbox.nmi).length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
        expect(moved(sandbox.nmi)).toEqual(["captured 2500"])
      },
      { proxyTimeout: 100 }
    )
  )

  it(
    "says 5xx without a destination's status when the destination is gone or cuts the line",
    sandboxed(async (sandbox) => {
      const { server, url } = await echo()
      server.close()
      const gone = await through(sandbox, { a: "1" }, { "BT-PROXY-URL": url })
      sandbox.nmi.faults.add({ fault: { kind: "cut_after" } })
      const cut = await saleThrough(sandbox, await tokenOf(sandbox))
      for (const answered of [gone, cut]) {
        expect(answered.status).toBe(502)
        expect(answered.headers.get("bt-proxy-destination-status")).toBeNull()
      }
      expect(moved(sandbox.nmi)).toEqual(["captured 2500"])
    })
  )

  it(
    "has cards whose 408 comes before, after or ahead of the money, and one that it refuses",
    sandboxed(async (sandbox) => {
      const results: Array<readonly [string, number, string | null, ReadonlyArray<string>]> = []
      for (const { number, at, fault } of faultCards) {
        if (at !== "vault") continue
        const before = moved(sandbox.nmi).length
        const answered = await saleThrough(sandbox, await tokenOf(sandbox, { ...card, number }))
        const { kind } = fault({ slow: 0, late: 0, lateMoney: 0, blind: 0, webhook: 0 })
        const atOnce = moved(sandbox.nmi).slice(before)
        const status = answered.headers.get("bt-proxy-destination-status")
        results.push([kind, answered.status, status, atOnce])
      }
      expect(results).toEqual([
        ["proxy_408_before", 408, null, []],
        ["proxy_408_after", 408, null, ["captured 2500"]],
        ["proxy_408_then", 408, null, []],
        ["proxy_error", 400, null, []]
      ])
      sandbox.clock.advance(10_000)
      while (moved(sandbox.nmi).length < 2) await new Promise((resolve) => setTimeout(resolve, 5))
      expect(moved(sandbox.nmi)).toEqual(["captured 2500", "captured 2500"])
    })
  )
})
