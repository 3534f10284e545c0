import { Effect, Option, Schema } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import type { CheckoutAddresses } from "./addresses.ts"
import type { Assets } from "./assets.ts"
import { CardFields } from "./CardFields.ts"
import { reportPath } from "./policy.ts"
import { SessionLimits } from "./SessionLimits.ts"

const optional = Schema.optionalKey(Schema.String)

/** What a browser's policy forbade, in both shapes in which browsers tell it, and what our own page saw. */
const Report = Schema.Union([
  Schema.Struct({
    "csp-report": Schema.Struct({
      "violated-directive": optional,
      "effective-directive": optional,
      "blocked-uri": optional,
      "document-uri": optional
    })
  }),
  Schema.Struct({
    type: Schema.Literal("csp-violation"),
    body: Schema.Struct({ effectiveDirective: optional, blockedURL: optional, documentURL: optional })
  }),
  Schema.Struct({
    type: Schema.Literal("tamper"),
    element: Schema.String,
    origin: Schema.String,
    page: optional
  })
])
type Report = typeof Report.Type

const decodeReport = Schema.decodeUnknownOption(Report)

/** As many as one request may bring. */
const mostAtOnce = 10

/** A word or an origin; an address may hold a secret, and a text or a host's name anything. */
const plain = (text: string | undefined): string => {
  if (text !== undefined && /^[a-z-]{1,40}$/.test(text)) return text
  if (text === undefined || !URL.canParse(text)) return "other"
  const { origin, hostname } = new URL(text)
  return origin.length > 200 || /[0-9]{12}/.test(hostname.replaceAll(/[^0-9a-z]/g, "")) ? "other" : origin
}

const read = (report: Report) => {
  if ("csp-report" in report) {
    const found = report["csp-report"]
    const directive = found["effective-directive"] ?? found["violated-directive"]?.split(" ")[0]
    return {
      told: { forbade: plain(directive), of: plain(found["blocked-uri"]) },
      page: found["document-uri"]
    }
  }
  return report.type === "tamper"
    ? { told: { found: plain(report.element), of: plain(report.origin) }, page: report.page }
    : {
        told: { forbade: plain(report.body.effectiveDirective), of: plain(report.body.blockedURL) },
        page: report.body.documentURL
      }
}

/**
 * Where browsers tell that something was in a page of the checkout that does not belong there (PCI DSS 11.6.1), and
 * the inventory of what does (6.4.3). Anybody may send reports, so they are limited: those that know the secret of
 * their page each for themselves, all others together. What is left out is counted.
 */
export const reportRoutes = (assets: Assets, addresses: CheckoutAddresses) =>
  HttpRouter.use(
    Effect.fnUntraced(function* (router) {
      const { offered } = yield* CardFields
      const limits = yield* SessionLimits
      let leftOut = 0

      /** Written down at 1, 10, 100 ...: the count is told, and cannot itself be noise. */
      const leaveOut = Effect.suspend(() => {
        leftOut += 1
        return /^10*$/.test(String(leftOut))
          ? Effect.logWarning(
              `reports of the checkout's pages that were left out since the start: ${leftOut}`
            )
          : Effect.void
      })

      const sessionOf = (page: string | undefined) => {
        const [, session = "", secret = ""] = /\/pay\/([^/]+)\/([^/?#]+)/.exec(page ?? "") ?? []
        return addresses.opened(session, secret) ?? "nobody's"
      }

      const write = (said: unknown) =>
        Option.match(decodeReport(said), {
          onNone: () => leaveOut,
          onSome: (report) => {
            const { told, page } = read(report)
            return limits.take("report", sessionOf(page)).pipe(
              Effect.andThen(
                Effect.logWarning("a checkout held what does not belong there").pipe(
                  Effect.annotateLogs(told)
                )
              ),
              Effect.catchTag("TooManyRequests", () => leaveOut)
            )
          }
        })

      const report = Effect.gen(function* () {
        const { json } = yield* HttpServerRequest.HttpServerRequest
        const body: unknown = yield* Effect.orElseSucceed(json, () => undefined)
        const reports: ReadonlyArray<unknown> = Array.isArray(body) ? body : [body]
        for (const [at, one] of reports.entries()) yield* at < mostAtOnce ? write(one) : leaveOut
        return HttpServerResponse.empty({ status: 204 })
      })

      yield* router.add("POST", reportPath, report)
      yield* router.add(
        "GET",
        "/checkout/inventory",
        Effect.succeed(
          HttpServerResponse.jsonUnsafe([
            ...assets.inventory,
            ...(offered?.vault === "basis_theory"
              ? [
                  {
                    script: offered.script,
                    why: "the vault's own card fields",
                    integrity: offered.integrity ?? null
                  }
                ]
              : [])
          ])
        )
      )
    })
  )
